import type { UnkeptParameters } from '../common/validation/unkept-filters.js';

/**
 * Parameters that Waldur's API of August 2026 documents for these lists and that this service has no data for, with the
 * values that leave every row in: of our own, and of copies of Waldur's. All other documented ones are fields of the
 * list's query. `docs/filters.md` is written from it.
 */
export const UNKEPT = {
  customers: {
    filters: {
      // Nobody has roles here: staff owns nothing, and may make projects everywhere.
      accounting_is_running: 'true',
      agreement_number: 'none',
      contact_details: 'none',
      current_user_has_project_create_permission: 'true',
      current_user_has_role: 'none',
      is_call_managing_organization: 'false',
      organization_group_name: 'none',
      organization_group_uuid: 'none',
      owned_by_current_user: 'false',
      slug: 'none',
      user_uuid: 'none',
    },
    // Waldur has providers that offer nothing.
    ofCopies: { archived: 'none', is_service_provider: 'none' },
  },
  projects: {
    filters: {
      accounting_is_running: 'true',
      affiliation_name: 'none',
      affiliation_uuid: 'none',
      // Waldur narrows by both of their values.
      can_admin: 'none',
      can_manage: 'none',
      // No project ends or is removed softly.
      conceal_finished_projects: 'any',
      include_terminated: 'any',
      is_removed: 'false',
      current_user_has_role: 'none',
      description: 'none',
      has_affiliation: 'false',
      science_domain_uuid: 'none',
      science_sub_domain_uuid: 'none',
      slug: 'none',
      user_uuid: 'none',
      user_uuid_with_active_role: 'none',
    },
    // What is removed there is not in the list.
    ofCopies: { conceal_finished_projects: 'false', include_terminated: 'false', is_removed: 'false' },
    orders: ['end_date', 'estimated_cost', 'start_date'],
  },
  offerings: {
    filters: {
      // Every offering is shared: any organisation and project may have it.
      accessible: 'any',
      accessible_via_calls: 'false',
      allowed_customer_uuid: 'any',
      attributes: 'none',
      billable: 'true',
      can_create_offering_user: 'none',
      category_group_uuid: 'none',
      category_uuid: 'none',
      consumer_customer_uuid: 'none',
      description: 'none',
      has_active_terms_of_service: 'false',
      has_terms_of_service: 'false',
      importable: 'none',
      offering_group_uuid: 'none',
      open_for_proposals: 'false',
      organization_group_uuid: 'none',
      parent_uuid: 'none',
      project_uuid: 'any',
      scope_uuid: 'none',
      service_manager_uuid: 'none',
      shared: 'true',
      slug: 'none',
      tag: 'none',
      tag_name: 'none',
      tag_names_and: 'none',
      tags_and: 'none',
      user_has_consent: 'false',
      user_has_offering_user: 'false',
    },
    orders: ['total_cost', 'total_cost_estimated', 'total_customers'],
  },
  resources: {
    filters: {
      category_uuid: 'none',
      component_count: 'none',
      downscaled: 'false',
      flavor_name: 'none',
      has_terminate_date: 'false',
      image_name: 'none',
      is_attached: 'none',
      lexis_links_supported: 'false',
      // What was used is what is charged; nothing has limits.
      limit_based: 'false',
      limit_component_count: 'none',
      only_limit_based: 'false',
      only_usage_based: 'true',
      usage_based: 'true',
      offering_billable: 'true',
      offering_shared: 'true',
      offering_slug: 'none',
      parent_offering_uuid: 'none',
      paused: 'false',
      resource_attributes: 'none',
      restrict_member_access: 'false',
      runtime_state: 'none',
      scope: 'none',
      service_manager_uuid: 'none',
      slug: 'none',
      visible_to_providers: 'none',
      visible_to_username: 'none',
    },
    orders: ['end_date'],
  },
  orders: {
    filters: {
      // Waldur narrows by both of their values.
      can_approve_as_consumer: 'none',
      can_approve_as_provider: 'none',
      category_uuid: 'none',
      offering_slug: 'none',
      parent_offering_uuid: 'none',
      service_manager_uuid: 'none',
      slug: 'none',
      was_auto_approved: 'false',
    },
    // Orders are none of Waldur's.
    ofCopies: { was_auto_approved: 'false' },
    orders: ['consumer_reviewed_at', 'cost'],
  },
  plans: {
    filters: {
      offering_slug: 'none',
      parent_offering_uuid: 'none',
    },
  },
  invoices: {
    filters: {
      accounting_is_running: 'true',
    },
  },
  vendorChoices: {
    filters: {
      // These are names to choose from, and no mappings.
      is_active: 'none',
      offering: 'none',
      offering_uuid: 'none',
    },
  },
  users: {
    filters: {
      agreement_date: 'none',
      civil_number: 'none',
      customer_uuid: 'none',
      description: 'none',
      job_title: 'none',
      native_name: 'none',
      organization: 'none',
      organization_roles: 'none',
      phone_number: 'none',
      project_roles: 'none',
      project_uuid: 'none',
      registration_method: 'none',
    },
    orders: ['description', 'job_title', 'native_name', 'organization', 'phone_number', 'registration_method'],
  },
} as const satisfies Record<string, UnkeptParameters>;
