/**
 * What other Nest applications use of this one: modules to import, services to inject, and the types and errors that
 * these speak of. A host imports `CoreModule` once and beside it the features that it uses; `…HttpModule` only where it
 * wants to serve their routes.
 */

export { AppModule } from './app.module.js';
export { CoreModule } from './core.module.js';
export type * from './config/config.module.js';
export { Env, InvalidEnvironmentError, readEnv } from './config/env.js';
export { Clock, SystemClock } from './common/clock.js';

// What many services speak of.
export { AppError, type AppErrorKind, type FieldErrors, InvalidFieldsError } from './common/app.error.js';
export type { FileQuery, PageOrFile, RowsFile } from './common/csv.js';
export {
  ChangedAtOnceError,
  DatabaseBusyError,
  DatabaseFault,
  DatabaseFullError,
  DatabaseReadOnlyError,
  DatabaseUnavailableError,
} from './common/database-fault.js';
export { UuidTakenError } from './database/constraint.js';
export { ObjectNotFoundError, PageNotFoundError } from './common/http-errors.js';
export type { DecimalString } from './common/money.js';
export type { Count, Counted, Page } from './common/page.js';
export { YearMonth } from './common/year-month.js';

// Routes of a host under the same rules of access as ours.
export { AdminScope, AnyUser, ClientGone, CurrentUser, Public, StaffOnly, TokenOptional } from './auth/access.js';
export { ApiController } from './auth/api-controller.js';
export { Bulk, ServedFirst } from './auth/priority.js';
export * from './auth/auth.errors.js';
export * from './limits/limits.errors.js';
export { actorOf, type Caller } from './auth/caller.js';
export type { TokenScope } from './auth/scopes.js';
export { AccessModule } from './directory/users/access.module.js';

// Who changed what.
export type * from './audit/audit-event.entity.js';
export type * from './audit/audit-events.repository.js';
export { AuditEventsModule } from './audit/audit-events.module.js';
export { AuditEventsService } from './audit/audit-events.service.js';
export * from './audit/audit.errors.js';
export { Audited } from './audit/audited.js';
export type { ActFields } from './common/acts.js';
export type * from './audit-events/audit-event.dto.js';
export { AuditEventsHttpModule } from './audit-events/audit-events-http.module.js';

// Waldur's side.
export type * from './directory/customer.dto.js';
export type * from './directory/customer.entity.js';
export { CustomersService } from './directory/customers.service.js';
export type * from './directory/customers.service.js';
export {
  CustomerNotFoundError,
  LastStaffUserError,
  LicenseOnAnotherResourceError,
  LoginsBusyError,
  OfferingNotFoundError,
  OrderNotFoundError,
  OwnedByWaldurError,
  PersonalAccessTokenNotFoundError,
  PlanNotFoundError,
  PlanOfAnotherOfferingError,
  ProjectNotFoundError,
  ResourceNotFoundError,
  TokenExpiresInThePastError,
  TokenNameTakenError,
  TokenTakenError,
  TooManyUnknownTokensError,
  UnfitPasswordError,
  UsernameTakenError,
  UserNotFoundError,
} from './directory/directory.errors.js';
export { DirectoryHttpModule } from './directory/directory-http.module.js';
export { DirectoryModule } from './directory/directory.module.js';
export type * from './directory/offering.dto.js';
export type * from './directory/offering.entity.js';
export { OfferingsService } from './directory/offerings.service.js';
export type * from './directory/offerings.service.js';
export type * from './directory/order.dto.js';
export type * from './directory/order-states.js';
export type * from './directory/order.entity.js';
export { OrdersService } from './directory/orders.service.js';
export type * from './directory/orders.service.js';
export type * from './directory/plan.dto.js';
export type * from './directory/plan.entity.js';
export { PlansService } from './directory/plans.service.js';
export type * from './directory/plans.service.js';
export type * from './directory/project.dto.js';
export type * from './directory/project.entity.js';
export { ProjectsService } from './directory/projects.service.js';
export type * from './directory/projects.service.js';
export type * from './directory/resource.dto.js';
export type * from './directory/resource.entity.js';
export { ResourcesService } from './directory/resources.service.js';
export type * from './directory/resources.service.js';
export type * from './directory/users/login.dto.js';
export { LoginService } from './directory/users/login.service.js';
export type * from './directory/users/login.service.js';
export type * from './directory/users/personal-access-token.dto.js';
export type * from './database/rename-actor.js';
export { NamesOfPeople } from './directory/users/names-of-people.js';
export type * from './directory/users/names-of-people.js';
export { PersonErasureService } from './directory/users/person-erasure.service.js';
export type * from './directory/users/person-erasure.service.js';
export { PersonalAccessTokensService } from './directory/users/personal-access-tokens.service.js';
export type * from './directory/users/personal-access-tokens.service.js';
export { TokensService } from './directory/users/tokens.service.js';
export type * from './directory/users/tokens.service.js';
export type * from './directory/users/user.dto.js';
export type * from './directory/users/user.entity.js';
export { UsersService } from './directory/users/users.service.js';
export type * from './directory/users/users.service.js';

// Work in the background.
export * from './jobs/job.errors.js';
export type * from './jobs/job.dto.js';
export { JobHandlers } from './jobs/job-handlers.js';
export type * from './jobs/job-handlers.js';
export type * from './jobs/job-run.entity.js';
export { JobsHttpModule } from './jobs/jobs-http.module.js';
export { JobsModule } from './jobs/jobs.module.js';
export { JobsService } from './jobs/jobs.service.js';
export type * from './jobs/jobs.service.js';
export type * from './jobs/lease.js';

// The Waldur beside, and the copy of it.
export { MirroredRowsService } from './directory/mirror/mirrored-rows.service.js';
export type * from './directory/mirror/mirrored-rows.service.js';
export { WaldurOwnership } from './directory/mirror/waldur-ownership.js';
export type * from './directory/mirrored.entity.js';
export type * from './waldur-gateway/read-list.js';
export type * from './waldur-gateway/waldur-gateway.js';
export * from './waldur-gateway/waldur-gateway.errors.js';
export { BesideWaldur, WaldurGatewayModule } from './waldur-gateway/waldur-gateway.module.js';
export type * from './waldur-gateway/waldur-rows.js';
export type * from './waldur-mirror/waldur-mark.entity.js';
export type * from './waldur-mirror/waldur-mirror.dto.js';
export * from './waldur-mirror/waldur-mirror.errors.js';
export { WaldurMirrorHttpModule } from './waldur-mirror/waldur-mirror-http.module.js';
export { WaldurMirrorModule } from './waldur-mirror/waldur-mirror.module.js';
export { WaldurMirrorService } from './waldur-mirror/waldur-mirror.service.js';
export type * from './waldur-mirror/waldur-mirror.service.js';

// Charges on its invoices.
export type * from './waldur-charges/pushed-item.dto.js';
export type * from './waldur-charges/pushed-item.entity.js';
export type * from './waldur-charges/pushed-items.repository.js';
export { PushedItemsService } from './waldur-charges/pushed-items.service.js';
export type * from './waldur-charges/pushed-items.service.js';
export * from './waldur-charges/waldur-charges.errors.js';
export { WaldurChargesHttpModule } from './waldur-charges/waldur-charges-http.module.js';
export { WaldurChargesModule } from './waldur-charges/waldur-charges.module.js';
export { WaldurChargesService } from './waldur-charges/waldur-charges.service.js';
export type * from './waldur-charges/waldur-charges.service.js';

// ArrowSphere.
export * from './arrow-gateway/arrow-gateway.errors.js';
export * from './arrow-gateway/arrow-gateway.js';
export { ArrowGatewayMetrics } from './arrow-gateway/arrow-gateway.metrics.js';
export type * from './arrow-gateway/arrow-gateway.metrics.js';
export { ArrowGatewayModule } from './arrow-gateway/arrow-gateway.module.js';
export type * from './http-client/circuit-breaker.js';
export type * from './arrow-gateway/fresh-cache.js';

// Its accounts.
export { CredentialsService } from './settings/credentials.service.js';
export type * from './settings/credentials.service.js';
export type * from './arrow-export/export-type-fit.js';
export { ExportTypesService } from './settings/export-types.service.js';
export type * from './settings/export-types.service.js';
export type * from './settings/settings.dto.js';
export type * from './settings/settings.entity.js';
export * from './settings/settings.errors.js';
export { SettingsHttpModule } from './settings/settings-http.module.js';
export { SettingsModule } from './settings/settings.module.js';
export { SettingsService } from './settings/settings.service.js';
export type * from './settings/settings.service.js';

// Which customer is which organisation, which vendor's licences are which offering.
export type * from './mappings/auto-map.dto.js';
export { AutoMapService } from './mappings/auto-map.service.js';
export type * from './mappings/auto-map.service.js';
export type * from './mappings/available-customers.dto.js';
export { AvailableCustomersService } from './mappings/available-customers.service.js';
export type * from './mappings/available-customers.service.js';
export type * from './mappings/customer-mapping.dto.js';
export type * from './mappings/customer-mapping.entity.js';
export { CustomerMappingsService } from './mappings/customer-mappings.service.js';
export type * from './mappings/customer-mappings.service.js';
export type * from './mappings/customer-suggestions.js';
export * from './mappings/mappings.errors.js';
export { MappingsHttpModule } from './mappings/mappings-http.module.js';
export { MappingsModule } from './mappings/mappings.module.js';
export type * from './mappings/matching/match-types.js';
export type * from './mappings/settings-health.dto.js';
export { SettingsHealthService } from './mappings/settings-health.service.js';
export type * from './mappings/settings-health.service.js';
export type * from './mappings/setup.dto.js';
export type * from './mappings/import-from-waldur.dto.js';
export { ImportFromWaldurService } from './mappings/import-from-waldur.service.js';
export type * from './mappings/import-from-waldur.service.js';
export { SetupService } from './mappings/setup.service.js';
export type * from './mappings/setup.service.js';
export type * from './mappings/vendor-choices.dto.js';
export { SyncFromArrowService } from './mappings/sync-from-arrow.service.js';
export type * from './mappings/sync-from-arrow.service.js';
export { VendorChoicesService } from './mappings/vendor-choices.service.js';
export type * from './mappings/vendor-choices.service.js';
export type * from './mappings/vendor-offering-mapping.dto.js';
export type * from './mappings/vendor-offering-mapping.entity.js';
export { VendorOfferingMappingsService } from './mappings/vendor-offering-mappings.service.js';
export type * from './mappings/vendor-offering-mappings.service.js';

// Files that bring any of this, and take it out.
export { ExportsService } from './spreadsheets/exports.service.js';
export type * from './spreadsheets/exports.service.js';
export type * from './spreadsheets/import.dto.js';
export { ImportsService } from './spreadsheets/imports.service.js';
export type * from './spreadsheets/imports.service.js';
export type * from './spreadsheets/sheet-import.entity.js';
export type { SheetKindName } from './spreadsheets/sheet-kind-names.js';
export * from './spreadsheets/spreadsheets.errors.js';
export { SpreadsheetsHttpModule } from './spreadsheets/spreadsheets-http.module.js';
export { SpreadsheetsModule } from './spreadsheets/spreadsheets.module.js';
export { UploadsService } from './spreadsheets/uploads.service.js';

// Which licence is which resource.
export type { ParsedCell } from './arrow-export/cells.js';
export type * from './arrow-export/currency.js';
export type * from './arrow-export/export-line.js';
export type * from './licenses/arrow-data.dto.js';
export { ArrowDataService } from './licenses/arrow-data.service.js';
export type * from './licenses/arrow-data.service.js';
export type * from './licenses/customer-export.service.js';
export { CustomerLicensesService } from './licenses/customer-licenses.service.js';
export type * from './licenses/customer-licenses.service.js';
export type * from './licenses/decide-links.js';
export type * from './licenses/discover-licenses.dto.js';
export { DiscoverLicensesService } from './licenses/discover-licenses.service.js';
export type * from './licenses/discover-licenses.service.js';
export type * from './licenses/license-link.dto.js';
export type * from './licenses/license-link.entity.js';
export { LicenseLinkingService } from './licenses/license-linking.service.js';
export type * from './licenses/license-linking.service.js';
export { LicenseLinksService } from './licenses/license-links.service.js';
export type * from './licenses/license-links.service.js';
export * from './licenses/licenses.errors.js';
export { LicensesHttpModule } from './licenses/licenses-http.module.js';
export { LicensesModule } from './licenses/licenses.module.js';
export type * from './licenses/suggest-links.js';

// What ArrowSphere bills, and what organisations are charged.
export type * from './billing/accounts/billing-account.entity.js';
export type * from './billing/accounts/billing-accounts.repository.js';
export { BillingAccountsService } from './billing/accounts/billing-accounts.service.js';
export type * from './billing/accounts/billing-accounts.service.js';
export type * from './billing/accounts/billing-rule.entity.js';
export { BillingHttpModule } from './billing/billing-http.module.js';
export { BillingModule } from './billing/billing.module.js';
export { ConsumptionCleanupService } from './billing/consumption/consumption-cleanup.service.js';
export type * from './billing/consumption/consumption-cleanup.service.js';
export type * from './billing/consumption/consumption-record.dto.js';
export type * from './billing/consumption/consumption-record.entity.js';
export type * from './billing/consumption/consumption-records.repository.js';
export { ConsumptionRecordsService } from './billing/consumption/consumption-records.service.js';
export type * from './billing/consumption/consumption-records.service.js';
export { CONSUMPTION_SYNC } from './billing/consumption/consumption-sync.service.js';
export type * from './billing/consumption/consumption-sync.service.js';
export { HistoricalConsumptionService } from './billing/consumption/historical-consumption.service.js';
export type * from './billing/consumption/historical-consumption.service.js';
export type * from './billing/core/billing-context.js';
export * from './billing/core/billing.errors.js';
export type * from './billing/invoices/invoice.dto.js';
export type * from './billing/invoices/invoice.entity.js';
export type * from './billing/invoices/invoice.repository.js';
export * from './billing/invoices/invoices.errors.js';
export { InvoicesService } from './billing/invoices/invoices.service.js';
export type * from './billing/invoices/invoices.service.js';
export type * from './billing/ledger/charge.entity.js';
export type * from './billing/operations/arrow-lookup.dto.js';
export { ArrowLookupsService } from './billing/operations/arrow-lookups.service.js';
export type * from './billing/operations/arrow-lookups.service.js';
export { BILLING_RECONCILIATION, BILLING_SYNC, BillingJobsService } from './billing/operations/billing-jobs.service.js';
export type * from './billing/operations/billing-jobs.service.js';
export { ResourceSyncService } from './billing/operations/resource-sync.service.js';
export type * from './billing/operations/resource-sync.service.js';
export type * from './billing/reports/explain.dto.js';
export { ExplainService } from './billing/reports/explain.service.js';
export type * from './billing/reports/explain.service.js';
export type * from './billing/reports/report.dto.js';
export type * from './billing/reports/reports.repository.js';
export { ReportsService } from './billing/reports/reports.service.js';
export type * from './billing/reports/reports.service.js';
export type * from './billing/statements/billing-sync-item.entity.js';
export type * from './billing/statements/billing-sync.dto.js';
export type * from './billing/statements/billing-sync.entity.js';
export { BillingSyncsService } from './billing/statements/billing-syncs.service.js';
export type * from './billing/statements/billing-syncs.service.js';
export { LineVendorsService } from './billing/statements/line-vendors.service.js';
export type * from './billing/statements/line-vendors.service.js';

// Moving to a Waldur and back.
export type * from './moves/move.dto.js';
export type * from './moves/move.entity.js';
export * from './moves/moves.errors.js';
export { MovesHttpModule } from './moves/moves-http.module.js';
export { MovesModule } from './moves/moves.module.js';
export type * from './moves/moves.repository.js';
export { MovesService } from './moves/moves.service.js';
export type * from './moves/moves.service.js';
