/** The page of the list: search while typing, filters without a reload, choosing many, more at the end. */

import { startChipInputs } from "./chips.js";
import { startMore } from "./more.js";
import { rememberList } from "./place.js";
import { startSearch } from "./search.js";
import { startSelection } from "./selection.js";
import { startThumbnails } from "../faceforge.ui_shell/thumbnails.js";

startThumbnails();
startChipInputs(document);
startSearch();
startSelection();
rememberList();
await startMore();
