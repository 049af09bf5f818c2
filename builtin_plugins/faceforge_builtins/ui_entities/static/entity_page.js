/** The page of one entity. */

import { startGraph } from "./graph.js";
import { startInPlace } from "./inplace.js";
import { startMore } from "./more.js";
import { leadToList } from "./place.js";
import { startThumbnails } from "../faceforge.ui_shell/thumbnails.js";
import { startUploads } from "./uploads.js";

startThumbnails();
startInPlace();
leadToList();
startUploads();
startGraph();
await startMore();
