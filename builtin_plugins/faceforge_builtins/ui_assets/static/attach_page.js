/** The page that asks which entity is meant. */

import { startPickers } from "../faceforge.ui_shell/picker.js";
import { startThumbnails } from "../faceforge.ui_shell/thumbnails.js";

startThumbnails();
startPickers(document);
