import { Injectable } from '@nestjs/common';
import { type ArrowAccount, type ArrowExportType, ArrowGateway } from '../arrow-gateway/arrow-gateway.js';
import { ArrowError, ArrowNotAllowedError, ArrowNotFoundError } from '../arrow-gateway/arrow-gateway.errors.js';
import { bestFirst, type ExportTypeFit, fitOf, type FitNeeds } from '../arrow-export/export-type-fit.js';

/** The export types of an account, best first; empty with a reason where the key may not see them. */
export interface ExportTypeFits {
  readonly fits: readonly ExportTypeFit[];
  readonly error?: string;
}

/** Which export types of an account billing can run on. Reads their definitions; no export is run. */
@Injectable()
export class ExportTypesService {
  constructor(private readonly gateway: ArrowGateway) {}

  /** All of them, asked for at once. Throws the gateway's errors, unless the key may just not see export types. */
  async fits(account: ArrowAccount, needs: FitNeeds): Promise<ExportTypeFits> {
    let types: ArrowExportType[];
    try {
      types = await this.gateway.listExportTypes(account);
    } catch (error) {
      if (error instanceof ArrowNotAllowedError || error instanceof ArrowNotFoundError) {
        return { fits: [], error: error.message };
      }
      throw error;
    }
    return { fits: bestFirst(await Promise.all(types.map((type) => this.tryFit(account, type, needs)))) };
  }

  /** One of them. Throws the gateway's errors, `ArrowNotFoundError` where there is no such export type. */
  async fit(account: ArrowAccount, reference: string, needs: FitNeeds): Promise<ExportTypeFit> {
    return fitOf(await this.gateway.getExportType(account, reference), needs);
  }

  /** One definition that cannot be had leaves the others usable. */
  private async tryFit(account: ArrowAccount, type: ArrowExportType, needs: FitNeeds): Promise<ExportTypeFit> {
    try {
      const definition = await this.gateway.getExportType(account, type.reference);
      return fitOf({ ...definition, name: type.name }, needs);
    } catch (error) {
      if (error instanceof ArrowError) return fitOf({ ...type, columns: {} }, needs, error.message);
      throw error;
    }
  }
}
