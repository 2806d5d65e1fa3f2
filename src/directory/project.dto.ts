import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Always, answerOf } from '../common/answer.js';
import { hyperlink } from '../common/links.js';
import { type ListFormat, ListFormatFilter } from '../common/list-files.js';
import { type Order, OrderFilter } from '../common/page.js';
import { OwnUuidField, PartialDto, RelationField, TextField } from '../common/validation/body-fields.js';
import { TextFilter, UuidsFilter } from '../common/validation/query-fields.js';
import { Unkept } from '../common/validation/unkept-filters.js';
import { CreatedModifiedQuery } from './created-modified.js';
import { Customer } from './customer.entity.js';
import { Project } from './project.entity.js';
import { UNKEPT } from './unkept-filters.js';

/** What is left out stays as it is. */
@ApiSchema({ name: 'ProjectRequest' })
export class ReplaceProjectDto {
  @TextField({ required: true, max: 500, example: 'Cloud' })
  name: string;

  @RelationField(() => Customer, { required: true, form: 'link', description: 'Organisation: UUID or hyperlink' })
  customer: string;

  @TextField({ max: 255, blank: true })
  backend_id?: string;
}

@ApiSchema({ name: 'ProjectCreateRequest' })
export class CreateProjectDto extends ReplaceProjectDto {
  @OwnUuidField()
  uuid?: string;
}

@ApiSchema({ name: 'PatchedProjectRequest' })
export class UpdateProjectDto extends PartialDto(ReplaceProjectDto) {}

@Unkept(UNKEPT.projects)
export class ListProjectsQuery extends CreatedModifiedQuery {
  @OrderFilter({
    name: 'name',
    created: 'created',
    customer_name: 'customer.name',
    customer_abbreviation: 'customer.abbreviation',
    customer_native_name: 'customer.nativeName',
  })
  declare o?: Order;
  @ListFormatFilter() format?: ListFormat[];
  @UuidsFilter({ description: 'Organisations, UUIDs joined by commas' }) customer?: string[];
  @TextFilter({ description: 'Part of the name' }) name?: string;
  @TextFilter({ description: 'The whole name' }) name_exact?: string;
  @TextFilter({ description: "Part of the organisation's name" }) customer_name?: string;
  @TextFilter({ description: "Part of the organisation's native name" }) customer_native_name?: string;
  @TextFilter({ description: "Part of the organisation's abbreviation" }) customer_abbreviation?: string;
  @TextFilter({ description: 'The whole backend id' }) backend_id?: string;
  @TextFilter({ description: 'Part of the name or the backend id' }) query?: string;
}

@ApiSchema({ name: 'Project' })
@Always({
  lists: ['project_metadata'],
  texts: [
    'description',
    'oecd_fos_2007_label',
    'affiliation_name',
    'affiliation_code',
    'science_sub_domain_name',
    'science_sub_domain_code',
    'science_domain_name',
    'science_domain_code',
  ],
  nulls: [
    'type_name',
    'type_uuid',
    'end_date',
    'end_date_requested_by',
    'end_date_updated_at',
    'max_service_accounts',
    'effective_end_date',
    'affiliation',
    'project_credit',
    'termination_metadata',
    'customer_grace_period_days',
  ],
  falses: ['is_removed', 'is_in_grace_period'],
})
export class ProjectResponse {
  @ApiProperty({ format: 'uri' }) url: string;
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty({ maxLength: 500 }) name: string;
  @ApiProperty({ format: 'uri' }) customer: string;
  @ApiProperty({ format: 'uuid' }) customer_uuid: string;
  @ApiProperty() customer_name: string;
  @ApiProperty() customer_native_name: string;
  @ApiProperty() customer_abbreviation: string;
  @ApiProperty({ maxLength: 255 }) backend_id: string;
  @ApiProperty({ format: 'date-time' }) created: string;

  static from(this: void, project: Project): ProjectResponse {
    return answerOf(ProjectResponse, project, {
      url: hyperlink(Project, project),
      customer: hyperlink(Customer, project.customer),
      customer_name: project.customer.name,
      customer_native_name: project.customer.nativeName,
      customer_abbreviation: project.customer.abbreviation,
    });
  }
}
