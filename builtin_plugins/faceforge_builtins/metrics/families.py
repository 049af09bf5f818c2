"""The metrics of Core and of its process as Prometheus' library takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import Metric as Family

    from faceforge_sdk.metrics import Metric, Sample
    from faceforge_sdk.protocols import System


class Families(CollectorRegistry):
    """A registry of one Core: nothing is kept in the library's own, which is one for the whole process."""

    def __init__(self, system: System) -> None:
        super().__init__(auto_describe=False)
        self.register(_CoreCollector(system))
        ProcessCollector(registry=self)
        PlatformCollector(registry=self)
        GCCollector(registry=self)


class _CoreCollector(Collector):
    def __init__(self, system: System) -> None:
        self._system = system

    def collect(self) -> Iterable[Family]:
        return [_family(metric) for metric in self._system.metrics()]


def _family(metric: Metric) -> Family:
    match metric.kind:
        case "histogram":
            histogram = HistogramMetricFamily(metric.name, metric.help, labels=metric.label_names)
            for sample in metric.samples:
                histogram.add_metric(sample.labels, _bounds(sample), sample.value)
            return histogram
        case "counter":
            counter = CounterMetricFamily(metric.name, metric.help, labels=metric.label_names)
            for sample in metric.samples:
                counter.add_metric(sample.labels, sample.value)
            return counter
        case "gauge":
            gauge = GaugeMetricFamily(metric.name, metric.help, labels=metric.label_names)
            for sample in metric.samples:
                gauge.add_metric(sample.labels, sample.value)
            return gauge


def _bounds(sample: Sample) -> list[tuple[str, float]]:
    return [("+Inf" if bound == float("inf") else str(bound), count) for bound, count in sample.buckets]
