import { ChoicesFilter } from '../common/validation/query-fields.js';
import { ListCustomersQuery } from '../directory/customer.dto.js';
import { ListOfferingsQuery } from '../directory/offering.dto.js';
import { ListProjectsQuery } from '../directory/project.dto.js';
import { ListResourcesQuery } from '../directory/resource.dto.js';
import { ListCustomerMappingsQuery } from '../mappings/customer-mapping.dto.js';
import { ListVendorOfferingMappingsQuery } from '../mappings/vendor-offering-mapping.dto.js';
import { SHEET_FORMATS, type SheetFormat } from './exports.service.js';

const FormatFilter = () => ChoicesFilter(SHEET_FORMATS, { description: 'csv where it is left out' });

// Each takes what its list takes, so that a filter that works there works here.
export class ExportOrganisationsQuery extends ListCustomersQuery {
  @FormatFilter() format?: SheetFormat[];
}

export class ExportProjectsQuery extends ListProjectsQuery {
  @FormatFilter() format?: SheetFormat[];
}

export class ExportOfferingsQuery extends ListOfferingsQuery {
  @FormatFilter() format?: SheetFormat[];
}

export class ExportResourcesQuery extends ListResourcesQuery {
  @FormatFilter() format?: SheetFormat[];
}

export class ExportCustomerMappingsQuery extends ListCustomerMappingsQuery {
  @FormatFilter() format?: SheetFormat[];
}

export class ExportVendorOfferingMappingsQuery extends ListVendorOfferingMappingsQuery {
  @FormatFilter() format?: SheetFormat[];
}
