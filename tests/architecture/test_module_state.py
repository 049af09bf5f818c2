"""No module of ours keeps state: two kernels with two homes run in one process."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

MUTABLE_DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
MUTABLE_CONSTRUCTORS = re.compile(
    r"(Ordered|default|Weak(Key|Value))?[dD]ict(ionary)?|list|(Weak)?[sS]et|bytearray|deque|Counter|ChainMap"
    r"|local|R?Lock|Condition|Event|(Bounded)?Semaphore|(Simple|Lifo|Priority)?Queue|SimpleNamespace|(String|Bytes)IO"
    r"|count|cycle|create_(async_)?engine|(Thread|Process)PoolExecutor"
)
MUTATORS = re.compile(r"add|append|clear|discard|extend|insert|pop(item)?|remove|reverse|setdefault|sort|update")
# A display behind one of these annotations is a constant: the type checker refuses every change of it.
READ_ONLY_ANNOTATIONS = frozenset({"Mapping", "Sequence", "Collection", "Iterable", "Set", "AbstractSet"})
NAMES_PYTHON_WANTS_AS_LISTS = frozenset({"__all__", "__path__"})


def module_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run on import, those inside if, try and with too."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If | ast.Try | ast.With | ast.For | ast.While):
            for field in ("body", "orelse", "finalbody"):
                yield from module_level(getattr(statement, field, []))
        if isinstance(statement, ast.Try):
            for handler in statement.handlers:
                yield from module_level(handler.body)


def last_name(node: ast.expr) -> str:
    """`deque` of `collections.deque[int]`."""
    if isinstance(node, ast.Subscript):
        return last_name(node.value)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def is_mutable(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Call):
        return MUTABLE_CONSTRUCTORS.fullmatch(last_name(value.func)) is not None
    return isinstance(value, MUTABLE_DISPLAYS)


def is_read_only(annotation: ast.expr) -> bool:
    if last_name(annotation) == "Final" and isinstance(annotation, ast.Subscript):
        return is_read_only(annotation.slice)
    return last_name(annotation) in READ_ONLY_ANNOTATIONS


def is_table(target: ast.expr, value: ast.expr | None) -> bool:
    """Whether this is a constant in capitals, filled where it stands; an empty one is meant to be filled later."""
    if isinstance(value, ast.Dict):
        filled = bool(value.keys)
    elif isinstance(value, ast.List | ast.Set):
        filled = bool(value.elts)
    else:
        filled = isinstance(value, MUTABLE_DISPLAYS)
    return filled and last_name(target).isupper()


def state_of(statement: ast.stmt) -> bool:
    """Whether a module-level statement makes something that later code can change."""
    match statement:
        case ast.Assign(targets=targets, value=value):
            wanted_as_list = all(last_name(target) in NAMES_PYTHON_WANTS_AS_LISTS for target in targets)
            return is_mutable(value) and not wanted_as_list and not is_table(targets[0], value)
        case ast.AnnAssign(target=target, annotation=annotation, value=value):
            read_only = is_read_only(annotation) and isinstance(value, MUTABLE_DISPLAYS)
            return is_mutable(value) and not read_only and not is_table(target, value)
        case ast.AugAssign(target=target):
            return last_name(target) not in NAMES_PYTHON_WANTS_AS_LISTS and not last_name(target).isupper()
        case ast.FunctionDef(args=args, decorator_list=decorators):
            takes_nothing = not (args.posonlyargs or args.args or args.kwonlyargs or args.vararg or args.kwarg)
            names = {last_name(node.func if isinstance(node, ast.Call) else node) for node in decorators}
            return takes_nothing and bool(names & {"cache", "lru_cache"})  # a global under another name
        case _:
            return False


def changed_tables(tree: ast.Module) -> Iterator[int]:
    """The lines on which a name in capitals is changed in place: then it was no constant."""
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()) if name.isupper():
                yield node.lineno
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attribute)) if name.isupper():
                if MUTATORS.fullmatch(attribute):
                    yield node.lineno


def module_state(source: str) -> list[int]:
    """The lines on which a module keeps state of its own."""
    tree = ast.parse(source)
    kept = [statement.lineno for statement in module_level(tree.body) if state_of(statement)]
    rebound = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Global)]
    return sorted([*kept, *rebound, *changed_tables(tree)])


@pytest.mark.parametrize(
    "source",
    [
        "seen = []",
        "CACHE = {}",
        "CACHE: dict[str, int] = {}",
        "CACHE: Final = {}",
        "TABLE = {'a': 1}\ndef f():\n    TABLE['b'] = 2",
        "TABLE = {'a': 1}\ndef f():\n    TABLE.update(b=2)",
        "names = ['a']",
        "names = {name for name in ()}",
        "try:\n    pending = deque()\nexcept OSError:\n    pass",
        "if True:\n    lock = threading.Lock()",
        "LOCK: Final = threading.Lock()",
        "by_name: Mapping[str, int] = defaultdict(int)",
        "counter = 0\ncounter += 1",
        "def f():\n    global counter",
        "@cache\ndef settings():\n    return load()",
        "@functools.lru_cache(maxsize=1)\ndef settings():\n    return load()",
    ],
)
def test_the_rule_about_state_sees_state(source: str) -> None:
    assert module_state(source)


@pytest.mark.parametrize(
    "source",
    [
        "__all__ = ['a']\n__all__ += ['b']",
        "NAMES = ('a', 'b')",
        "NAMES = frozenset({'a'})",
        "TABLE = {'a': 1}",
        "_CODES: Final = {a: b for a, b in TABLE.items()}",
        "by_status: Mapping[str, int] = {'a': 1}",
        "STATUS: Final[Mapping[str, int]] = {'a': 1}",
        "STATUS = MappingProxyType({'a': 1})",
        "log = logging.getLogger(__name__)",
        "request: ContextVar[str] = ContextVar('request')",  # its documentation wants it here; the value is the task's
        "def f():\n    seen = []\n    return seen",
        "class Row:\n    tags: list[str] = []",
        "@cache\ndef pattern(text):\n    return compile(text)",
    ],
)
def test_the_rule_about_state_leaves_constants_alone(source: str) -> None:
    assert module_state(source) == []


def test_no_module_keeps_state_of_its_own(shipped_python: list[Path], repository: Path) -> None:
    found = [
        f"{path.relative_to(repository).as_posix()}:{line}"
        for path in shipped_python
        for line in module_state(path.read_text(encoding="utf-8"))
    ]
    assert found == [], "use a tuple, a frozenset, a read-only annotation, or an object that the kernel owns"
