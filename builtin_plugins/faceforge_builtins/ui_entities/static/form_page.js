/** The pages that are one form. */

import { startControls } from "./controls.js";
import { startThumbnails } from "../faceforge.ui_shell/thumbnails.js";

startThumbnails();
startControls(document);
