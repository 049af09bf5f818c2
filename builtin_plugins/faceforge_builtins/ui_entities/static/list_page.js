/** The page of the list: search while typing, filters without a reload, choosing many, more at the end. */

import { startChipInputs } from "./chips.js";
import { startListing } from "../faceforge.ui_shell/listing.js";
import { startMore } from "../faceforge.ui_shell/more.js";
import { rememberList } from "../faceforge.ui_shell/place.js";
import { startSelection } from "../faceforge.ui_shell/selection.js";
import { startThumbnails } from "../faceforge.ui_shell/thumbnails.js";

const PATH = "/ui/entities";
const REGIONS = ["count", "saved", "kept", "menus", "views", "tags", "results", "selection", "save-view-form"];

startThumbnails();
startChipInputs(document);
startListing({ path: PATH, regions: REGIONS, sort: "newest" });
startSelection();
rememberList(PATH);
await startMore();
