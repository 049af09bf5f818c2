/** The pages that are one form. */

import { startControls } from "./controls.js";
import { startThumbnails } from "./thumbnails.js";

startThumbnails();
startControls(document);
