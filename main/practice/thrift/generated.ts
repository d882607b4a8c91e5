/**
 * The one door to the Thrift code that the driver's own package carries. It is CommonJS behind deep paths without an `exports`
 * map, so the file extension must be spelled out.
 */
import TCLIService from '@databricks/sql/thrift/TCLIService.js';
import T from '@databricks/sql/thrift/TCLIService_types.js';

export { T, TCLIService };
