/** What every page of the UI does with scripts on. */

import { startCopying } from "./copy.js";
import { startDialogs } from "./dialogs.js";
import { startKeysList } from "./keys.js";
import { startMenus } from "./menus.js";
import { startNotices } from "./notices.js";
import { startPalette } from "./palette.js";
import { startRunning } from "./running.js";
import { startSending } from "./sending.js";
import { startShortcuts } from "./shortcuts.js";

startCopying();
startDialogs();
startMenus();
startNotices();
startPalette();
startShortcuts();
startKeysList();
startRunning();
startSending();
