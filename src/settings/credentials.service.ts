import { Injectable } from '@nestjs/common';
import { assertAllowedApiUrl } from '../arrow-gateway/api-url.js';
import {
  type ArrowAccount,
  type ArrowExportType,
  ArrowGateway,
  type ArrowPartner,
} from '../arrow-gateway/arrow-gateway.js';
import {
  ArrowAddressNotAllowedError,
  ArrowCredentialsRejectedError,
  ArrowError,
  ArrowNotAllowedError,
  ArrowRefusedError,
} from '../arrow-gateway/arrow-gateway.errors.js';
import { InvalidFieldsError } from '../common/app.error.js';
import { Env } from '../config/env.js';
import { ApiKeyRefusedError } from './settings.errors.js';

/** Whose key it is, or why that could not be asked. */
export interface VerifiedCredentials {
  readonly partner?: ArrowPartner;
  readonly unverifiedBecause?: string;
}

/** Whose key it is, and the export types it sees; or why ArrowSphere did not say. */
export interface CheckedCredentials {
  readonly partner?: ArrowPartner;
  readonly exportTypes?: ArrowExportType[];
  readonly error?: string;
}

/** Credentials that are not saved yet: where they may lead, and whether ArrowSphere takes them. */
@Injectable()
export class CredentialsService {
  constructor(
    private readonly gateway: ArrowGateway,
    private readonly env: Env,
  ) {}

  /** The account that the credentials name. Throws `InvalidFieldsError` for an address that may not be called. */
  accountOf({ apiUrl, apiKey }: ArrowAccount): ArrowAccount {
    assertAllowedApiUrl(apiUrl, this.env.ARROW_ALLOW_PRIVATE_HOSTS);
    return { apiUrl, apiKey };
  }

  /** Tries credentials; a failure is part of the answer. Throws `InvalidFieldsError` as {@link accountOf}. */
  async validate(credentials: ArrowAccount): Promise<CheckedCredentials> {
    const account = this.accountOf(credentials);
    try {
      const [partner, exportTypes] = await Promise.all([
        this.gateway.whoAmI(account, { refresh: true }),
        this.exportTypesOf(account),
      ]);
      return { partner, exportTypes };
    } catch (error) {
      if (error instanceof ArrowError) return { error: error.message };
      throw error;
    }
  }

  /**
   * Whose key it is. ArrowSphere's failures are part of the answer, its refusals are not.
   * Throws `ApiKeyRefusedError`, and `InvalidFieldsError` for an address that leads to a place that may not be called.
   */
  async verify(account: ArrowAccount): Promise<VerifiedCredentials> {
    try {
      return { partner: await this.gateway.whoAmI(account, { refresh: true }) };
    } catch (error) {
      if (!(error instanceof ArrowError)) throw error;
      if (error instanceof ArrowAddressNotAllowedError) throw new InvalidFieldsError({ api_url: [error.message] });
      if (isRefusal(error)) throw new ApiKeyRefusedError(error.message);
      return { unverifiedBecause: error.message };
    }
  }

  /** Export types are a courtesy here: a key that may not see them is still a good key. */
  private async exportTypesOf(account: ArrowAccount): Promise<ArrowExportType[]> {
    try {
      return await this.gateway.listExportTypes(account);
    } catch (error) {
      if (error instanceof ArrowError) return [];
      throw error;
    }
  }
}

/** True where ArrowSphere said no; false where it could not be asked, which says nothing of the key. */
export function isRefusal(error: ArrowError): boolean {
  return [ArrowCredentialsRejectedError, ArrowNotAllowedError, ArrowRefusedError, ArrowAddressNotAllowedError].some(
    (kind) => error instanceof kind,
  );
}
