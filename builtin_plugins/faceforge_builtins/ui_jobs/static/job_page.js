/** The page of one job: followed live until it ends. */

import { startFollowing } from "./follow.js";
import { startLog } from "./log.js";

startFollowing(startLog());
