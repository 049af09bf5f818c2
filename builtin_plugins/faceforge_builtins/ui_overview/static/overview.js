/** The overview. */

import { startThumbnails } from "../faceforge.ui_shell/thumbnails.js";

startThumbnails();
