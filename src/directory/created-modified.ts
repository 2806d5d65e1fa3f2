import { ListQuery } from '../common/page.js';
import { DateTimeFilter } from '../common/validation/query-fields.js';

/** Lists that can be narrowed by when their rows came and last changed. */
export class CreatedModifiedQuery extends ListQuery {
  @DateTimeFilter({ description: 'Made then or later' }) created?: Date;
  @DateTimeFilter({ description: 'Made then or earlier' }) created_before?: Date;
  @DateTimeFilter({ description: 'Last changed then or later' }) modified?: Date;
  @DateTimeFilter({ description: 'Last changed then or earlier' }) modified_before?: Date;
}
