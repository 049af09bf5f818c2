/** The page of one entity. */

import { startGraph } from "./graph.js";
import { startInPlace } from "./inplace.js";
import { startMore } from "../faceforge.ui_shell/more.js";
import { leadToList } from "../faceforge.ui_shell/place.js";
import { startThumbnails } from "../faceforge.ui_shell/thumbnails.js";
import { startAttaching } from "./attaching.js";

startThumbnails();
startInPlace();
leadToList("/ui/entities");
startAttaching();
startGraph();
await startMore();
