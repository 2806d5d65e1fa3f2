import { type ApiReply, type ApiRequest, ApiFailure, type Handler } from './http.js';
import { getProgram, listCategories, listPrograms, listSubscriptions } from './routes/catalogue.js';
import {
  dailyConsumption,
  dailyPredictions,
  healthcheck,
  monthlyConsumption,
  prediction,
} from './routes/consumption.js';
import { getCustomer, listCustomers, whoami } from './routes/customers.js';
import { getExportType, listColumns, listExportTypes, syncExport } from './routes/exports.js';
import {
  find,
  getLicense,
  getLicenseHistory,
  listLicenses,
  listLicensesOfCustomer,
  listLicensesOfCustomerV2,
  listLicensesV2,
} from './routes/licenses.js';

/** `:` stands for one path part, given to the handler. Fixed paths stand before those that would swallow them. */
const ROUTES: ReadonlyArray<readonly [method: string, pattern: string, handler: Handler]> = [
  ['GET', 'whoami', whoami],
  ['GET', 'customers', listCustomers],
  ['GET', 'customers/v2/:/licenses', listLicensesOfCustomerV2],
  ['GET', 'customers/:', getCustomer],
  ['GET', 'customers/:/licenses', listLicensesOfCustomer],
  ['GET', 'v2/customers/:/licenses', listLicensesOfCustomerV2],
  ['GET', 'v2/licenses', listLicensesV2],
  ['GET', 'licenses', listLicenses],
  ['POST', 'licenses/v2/find', find],
  ['GET', 'licenses/:', getLicense],
  ['GET', 'licenses/:/history', getLicenseHistory],
  ['GET', 'licenses/:/predictions/daily', dailyPredictions],
  ['GET', 'subscriptions', listSubscriptions],
  ['GET', 'consumption/monthly/license/:', monthlyConsumption],
  ['GET', 'consumption/daily/license/:', dailyConsumption],
  ['GET', 'consumption/license/:/prediction', prediction],
  ['GET', 'consumption/healthcheck', healthcheck],
  ['GET', 'billing/erp/exports/types', listExportTypes],
  ['GET', 'billing/erp/exports/types/:', getExportType],
  ['GET', 'billing/erp/exports/columns', listColumns],
  ['POST', 'billing/erp/exports/sync', syncExport],
  ['GET', 'catalog/categories', listCategories],
  ['GET', 'catalog/categories/:/programs', listPrograms],
  ['GET', 'catalog/categories/:/programs/:', getProgram],
];

const TABLE = ROUTES.map(([method, pattern, handler]) => ({ method, parts: pattern.split('/'), handler }));

export function route(request: ApiRequest): ApiReply {
  const { segments } = request;
  const onPath = TABLE.filter(
    ({ parts }) =>
      parts.length === segments.length && parts.every((part, index) => part === ':' || part === segments[index]),
  );
  if (onPath.length === 0) throw new ApiFailure(404, 'No route found', 'ROUTE_NOT_FOUND');
  const entry = onPath.find(({ method }) => method === request.method);
  if (!entry) throw new ApiFailure(405, 'Method not allowed', 'METHOD_NOT_ALLOWED');
  const parameters = segments.filter((_, index) => entry.parts[index] === ':');
  return entry.handler(request, ...parameters);
}
