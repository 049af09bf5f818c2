/** The list of fields: put in order by dragging, or by the buttons without losing the focus. */

import { startArranging } from "./arranging.js";

startArranging();
