/** What every page of the UI does with scripts on. */

import { startCopying } from "./copy.js";
import { startDialogs } from "./dialogs.js";
import { startNotices } from "./notices.js";
import { startShortcuts } from "./shortcuts.js";

startCopying();
startDialogs();
startNotices();
startShortcuts();
