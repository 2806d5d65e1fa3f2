/**
 * Operations of the contract that nobody has built yet. A test fails as soon as one of them exists, so this list can
 * only shrink; the suite is complete when it is empty.
 */
export const PENDING: string[] = [
  'admin_arrow_billing_sync_items_list',
  'admin_arrow_billing_sync_items_count',
  'admin_arrow_billing_sync_items_retrieve',
  'admin_arrow_billing_syncs_list',
  'admin_arrow_billing_syncs_count',
  'admin_arrow_billing_syncs_retrieve',
  'admin_arrow_billing_syncs_cleanup_consumption',
  'admin_arrow_billing_syncs_consumption_statistics_retrieve',
  'admin_arrow_billing_syncs_consumption_statistics_count',
  'admin_arrow_billing_syncs_consumption_status_retrieve',
  'admin_arrow_billing_syncs_consumption_status_count',
  'admin_arrow_billing_syncs_fetch_billing_export',
  'admin_arrow_billing_syncs_fetch_consumption',
  'admin_arrow_billing_syncs_fetch_license_info',
  'admin_arrow_billing_syncs_pause_sync',
  'admin_arrow_billing_syncs_pending_records_list',
  'admin_arrow_billing_syncs_pending_records_count',
  'admin_arrow_billing_syncs_reconcile',
  'admin_arrow_billing_syncs_resume_sync',
  'admin_arrow_billing_syncs_sync_resource_historical_consumption',
  'admin_arrow_billing_syncs_sync_resources',
  'admin_arrow_billing_syncs_trigger_consumption_sync',
  'admin_arrow_billing_syncs_trigger_reconciliation',
  'admin_arrow_billing_syncs_trigger_sync',
  'admin_arrow_consumption_records_list',
  'admin_arrow_consumption_records_count',
  'admin_arrow_consumption_records_retrieve',
  'admin_arrow_customer_mappings_billing_summary_retrieve',
];
