import { ObjectNotFoundError } from '../../common/http-errors.js';
import type { Resource } from '../../directory/resource.entity.js';
import type { ResourcesService } from '../../directory/resources.service.js';
import { NamedNotFoundError } from './billing.errors.js';

/** For `SettingsService.resolve`: how billing says that the account a request names is not there. */
export function settingsNotFound(uuid: string): NamedNotFoundError {
  return new NamedNotFoundError('settings_not_found', `Settings not found: ${uuid}`);
}

/** The resource that a request names. Throws `NamedNotFoundError`. */
export async function namedResource(resources: ResourcesService, uuid: string): Promise<Resource> {
  try {
    return await resources.get(uuid);
  } catch (error) {
    throw error instanceof ObjectNotFoundError
      ? new NamedNotFoundError(error.code, `Resource ${uuid} not found`)
      : error;
  }
}
