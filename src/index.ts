/**
 * What other Nest applications use of this one: modules to import, services to inject, and the types and errors that
 * these speak of. A host imports `CoreModule` once and beside it the features that it uses; `…HttpModule` only where it
 * wants to serve their routes.
 */

export { AppModule } from './app.module.js';
export { CoreModule } from './core.module.js';
export type { AsyncEnv } from './config/config.module.js';
export { Env, InvalidEnvironmentError, readEnv } from './config/env.js';
export { Clock, SystemClock } from './common/clock.js';

// What many services speak of.
export { AppError, type AppErrorKind, type FieldErrors, InvalidFieldsError } from './common/app.error.js';
export type { FileQuery, PageOrFile } from './common/csv.js';
export {
  ChangedAtOnceError,
  DatabaseBusyError,
  DatabaseFault,
  DatabaseFullError,
  DatabaseReadOnlyError,
  DatabaseUnavailableError,
} from './common/database-fault.js';
export { ObjectNotFoundError, PageNotFoundError } from './common/http-errors.js';
export type { DecimalString } from './common/money.js';
export type { Count, Counted, Page } from './common/page.js';
export { YearMonth } from './common/year-month.js';

// Routes of a host under the same rules of access as ours.
export { AnyUser, ClientGone, CurrentUser, Public, StaffOnly, TokenOptional } from './auth/access.js';
export { ApiController } from './auth/api-controller.js';
export * from './auth/auth.errors.js';
export { actorOf, type Caller } from './auth/caller.js';
export { AccessModule } from './directory/users/access.module.js';

// Waldur's side.
export type { CreateCustomerDto, ListCustomersQuery, UpdateCustomerDto } from './directory/customer.dto.js';
export type { Customer } from './directory/customer.entity.js';
export { CustomersService } from './directory/customers.service.js';
export {
  CustomerNotFoundError,
  LicenseOnAnotherResourceError,
  LoginsBusyError,
  OfferingNotFoundError,
  OrderNotFoundError,
  PlanNotFoundError,
  PlanOfAnotherOfferingError,
  ProjectNotFoundError,
  ResourceNotFoundError,
  TokenTakenError,
  UnfitPasswordError,
  UsernameTakenError,
  UserNotFoundError,
} from './directory/directory.errors.js';
export { DirectoryHttpModule } from './directory/directory-http.module.js';
export { DirectoryModule } from './directory/directory.module.js';
export type { CreateOfferingDto, ListOfferingsQuery, UpdateOfferingDto } from './directory/offering.dto.js';
export type { Offering } from './directory/offering.entity.js';
export { OfferingsService } from './directory/offerings.service.js';
export type { ListOrdersQuery } from './directory/order.dto.js';
export type { Order } from './directory/order.entity.js';
export { OrdersService } from './directory/orders.service.js';
export type { CreatePlanDto, ListPlansQuery, PlanInUse, UpdatePlanDto } from './directory/plan.dto.js';
export type { Plan } from './directory/plan.entity.js';
export { PlansService } from './directory/plans.service.js';
export type { CreateProjectDto, ListProjectsQuery, UpdateProjectDto } from './directory/project.dto.js';
export type { Project } from './directory/project.entity.js';
export { ProjectsService } from './directory/projects.service.js';
export type { CreateResourceDto, ListResourcesQuery, UpdateResourceDto } from './directory/resource.dto.js';
export type { Resource } from './directory/resource.entity.js';
export { type LicenseLinkFacts, type NewResource, ResourcesService } from './directory/resources.service.js';
export type { LoginDto } from './directory/users/login.dto.js';
export { LoginService } from './directory/users/login.service.js';
export { TokensService } from './directory/users/tokens.service.js';
export type { ChangePasswordDto, CreateUserDto, NewToken } from './directory/users/user.dto.js';
export type { User } from './directory/users/user.entity.js';
export { UsersService } from './directory/users/users.service.js';

// Work in the background.
export * from './jobs/job.errors.js';
export type { ListJobsQuery } from './jobs/job.dto.js';
export { type JobControl, type JobHandler, JobHandlers, type Schedule } from './jobs/job-handlers.js';
export type { JobRun, JobState } from './jobs/job-run.entity.js';
export { JobsHttpModule } from './jobs/jobs-http.module.js';
export { JobsModule } from './jobs/jobs.module.js';
export { type JobRequest, JobsService } from './jobs/jobs.service.js';
export type { Lease } from './jobs/lease.js';

// ArrowSphere.
export * from './arrow-gateway/arrow-gateway.errors.js';
export * from './arrow-gateway/arrow-gateway.js';
export { ArrowGatewayMetrics } from './arrow-gateway/arrow-gateway.metrics.js';
export type { AccountFigures, ArrowGatewaySnapshot } from './arrow-gateway/arrow-gateway.metrics.js';
export { ArrowGatewayModule } from './arrow-gateway/arrow-gateway.module.js';
export type { EndpointFigures } from './arrow-gateway/call-recorder.js';
export type { BreakerState } from './arrow-gateway/circuit-breaker.js';
export type { CacheFigures } from './arrow-gateway/fresh-cache.js';

// Its accounts.
export { CredentialsService, type VerifiedCredentials } from './settings/credentials.service.js';
export type { ExportTypeFit, FitNeeds } from './arrow-export/export-type-fit.js';
export { type ExportTypeFits, ExportTypesService } from './settings/export-types.service.js';
export type {
  CheckedCredentials,
  CreateSettingsDto,
  CredentialsDto,
  ListSettingsQuery,
  PatchSettingsDto,
  SavedSettings,
} from './settings/settings.dto.js';
export type { Settings } from './settings/settings.entity.js';
export * from './settings/settings.errors.js';
export { SettingsHttpModule } from './settings/settings-http.module.js';
export { SettingsModule } from './settings/settings.module.js';
export { SettingsService, type StoredAccount } from './settings/settings.service.js';

// Which customer is which organisation, which vendor's licences are which offering.
export type { AutoMapDto, AutoMapping, PlannedMapping, SkippedCustomer } from './mappings/auto-map.dto.js';
export { AutoMapService } from './mappings/auto-map.service.js';
export type {
  AvailableCustomers,
  CustomerMappingSuggestion,
  RefreshQuery,
} from './mappings/available-customers.dto.js';
export { AvailableCustomersService } from './mappings/available-customers.service.js';
export type {
  CreateCustomerMappingDto,
  ListCustomerMappingsQuery,
  PatchCustomerMappingDto,
  SyncFromArrowDto,
  SyncFromArrowResponse,
} from './mappings/customer-mapping.dto.js';
export type { CustomerMapping } from './mappings/customer-mapping.entity.js';
export {
  CustomerMappingsService,
  type MappingOutcome,
  type WantedMapping,
} from './mappings/customer-mappings.service.js';
export type { CustomerSuggestion } from './mappings/customer-suggestions.js';
export * from './mappings/mappings.errors.js';
export { MappingsHttpModule } from './mappings/mappings-http.module.js';
export { MappingsModule } from './mappings/mappings.module.js';
export type { Evidence } from './mappings/matching/match-types.js';
export type { HealthChecks, SettingsHealth } from './mappings/settings-health.dto.js';
export { SettingsHealthService } from './mappings/settings-health.service.js';
export type {
  CustomerMappingInput,
  DiscoverCustomersDto,
  Discovery,
  PreviewSettingsDto,
  SavedSetup,
  SaveSettingsDto,
  SetupPlan,
} from './mappings/setup.dto.js';
export { SetupService } from './mappings/setup.service.js';
export type { VendorChoice, VendorChoicesQuery } from './mappings/vendor-choices.dto.js';
export { VendorChoicesService } from './mappings/vendor-choices.service.js';
export type {
  CreateVendorOfferingMappingDto,
  ListVendorOfferingMappingsQuery,
  PatchVendorOfferingMappingDto,
} from './mappings/vendor-offering-mapping.dto.js';
export type { VendorOfferingMapping } from './mappings/vendor-offering-mapping.entity.js';
export { VendorOfferingMappingsService } from './mappings/vendor-offering-mappings.service.js';

// Which licence is which resource.
export type { ParsedCell } from './arrow-export/cells.js';
export type { LineCurrency } from './arrow-export/currency.js';
export type { ExportLine } from './arrow-export/export-line.js';
export type { ArrowData, FetchArrowDataQuery, LicenseConsumption } from './licenses/arrow-data.dto.js';
export { ArrowDataService } from './licenses/arrow-data.service.js';
export type { CustomerExport } from './licenses/customer-export.service.js';
export { type CustomerLicenses, CustomerLicensesService } from './licenses/customer-licenses.service.js';
export type { ImportWish, LinkWish, UnlinkWish, Verdict, Wish } from './licenses/decide-links.js';
export type { DiscoveredLicenses, DiscoverLicensesQuery } from './licenses/discover-licenses.dto.js';
export { DiscoverLicensesService, type DiscoverOptions } from './licenses/discover-licenses.service.js';
export type { ListedLink, ListLicenseLinksQuery } from './licenses/license-link.dto.js';
export type { LicenseLink } from './licenses/license-link.entity.js';
export { LicenseLinkingService, type Settled } from './licenses/license-linking.service.js';
export { LicenseLinksService, type NewLicenseLink } from './licenses/license-links.service.js';
export * from './licenses/licenses.errors.js';
export { LicensesHttpModule } from './licenses/licenses-http.module.js';
export { LicensesModule } from './licenses/licenses.module.js';
export type { LinkSuggestion } from './licenses/suggest-links.js';

// What ArrowSphere bills, and what organisations are charged.
export type { BillingAccount } from './billing/accounts/billing-account.entity.js';
export type { RuleFields } from './billing/accounts/billing-accounts.repository.js';
export {
  type AccountWithRule,
  BillingAccountsService,
  type ChangeAccount,
  type Pipeline,
  type SwitchSync,
} from './billing/accounts/billing-accounts.service.js';
export type { BillingRule } from './billing/accounts/billing-rule.entity.js';
export { BillingHttpModule } from './billing/billing-http.module.js';
export { BillingModule } from './billing/billing.module.js';
export {
  type CleanUpConsumption,
  type CleanupReport,
  ConsumptionCleanupService,
  type RefusedCleanup,
} from './billing/consumption/consumption-cleanup.service.js';
export type { ListConsumptionRecordsQuery, PendingRecordsQuery } from './billing/consumption/consumption-record.dto.js';
export type { ConsumptionRecord } from './billing/consumption/consumption-record.entity.js';
export type { MonthStatistics } from './billing/consumption/consumption-records.repository.js';
export {
  type ChargedRecord,
  ConsumptionRecordsService,
  type ConsumptionStatistics,
  type ConsumptionStatus,
} from './billing/consumption/consumption-records.service.js';
export { CONSUMPTION_SYNC } from './billing/consumption/consumption-sync.service.js';
export {
  HistoricalConsumptionService,
  type HistoryReport,
  type PreviewedMonth,
  type SyncHistory,
} from './billing/consumption/historical-consumption.service.js';
export type { BillingContext } from './billing/core/billing-context.js';
export * from './billing/core/billing.errors.js';
export type { InvoiceItemResponse, ListInvoicesQuery } from './billing/invoices/invoice.dto.js';
export type {
  Invoice,
  InvoiceAmounts,
  InvoiceState,
  InvoiceTax,
  IssuedDocument,
} from './billing/invoices/invoice.entity.js';
export type { InvoiceItem } from './billing/invoices/invoice.repository.js';
export * from './billing/invoices/invoices.errors.js';
export { InvoicesService, type InvoiceView } from './billing/invoices/invoices.service.js';
export type { Charge, ChargeBasis, ChargeKind } from './billing/ledger/charge.entity.js';
export type {
  FetchBillingExportDto,
  FetchBillingExportResponse,
  FetchConsumptionDto,
  FetchConsumptionResponse,
  FetchLicenseInfoDto,
  FetchLicenseInfoResponse,
} from './billing/operations/arrow-lookup.dto.js';
export { ArrowLookupsService } from './billing/operations/arrow-lookups.service.js';
export {
  BILLING_RECONCILIATION,
  BILLING_SYNC,
  BillingJobsService,
  type TriggerRun,
} from './billing/operations/billing-jobs.service.js';
export {
  type ResourceSyncReport,
  ResourceSyncService,
  type SyncResources,
} from './billing/operations/resource-sync.service.js';
export type { ExplainedLineResponse, ExplainedPosting } from './billing/reports/explain.dto.js';
export { ExplainService } from './billing/reports/explain.service.js';
export type { MarginQuery, MarginRow, UnlinkedSpendQuery, UnlinkedSpendRow } from './billing/reports/report.dto.js';
export type { SummaryTotals } from './billing/reports/reports.repository.js';
export { type BillingSummary, ReportsService } from './billing/reports/reports.service.js';
export type {
  AmountState,
  BillingSyncItem,
  ItemPresence,
  ItemStatus,
} from './billing/statements/billing-sync-item.entity.js';
export type { ListBillingSyncItemsQuery, ListBillingSyncsQuery } from './billing/statements/billing-sync.dto.js';
export type { BillingSync } from './billing/statements/billing-sync.entity.js';
export {
  BillingSyncsService,
  type ChargedLine,
  type StatementWithLines,
} from './billing/statements/billing-syncs.service.js';
export { LineVendorsService } from './billing/statements/line-vendors.service.js';
