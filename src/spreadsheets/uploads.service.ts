import { Injectable } from '@nestjs/common';
import { PublicAddress } from '../common/links.js';
import { readDtoOrThrow } from '../common/validation/read-dto.js';
import type { UnreadBody } from '../common/unread-body.js';
import { UploadDto } from './import.dto.js';
import { ImportsService } from './imports.service.js';
import type { SheetImport } from './sheet-import.entity.js';

/** In bytes: some millions of rows. */
const LARGEST_FILE = 536_870_912;

/** Files as they come in by HTTP. */
@Injectable()
export class UploadsService {
  constructor(
    private readonly imports: ImportsService,
    private readonly address: PublicAddress,
  ) {}

  /** Keeps the file of a form and queues its preview. Throws `InvalidFieldsError`, `UnreadableSheetError`, `RequestError`. */
  async receive(body: UnreadBody, requestedBy: string): Promise<SheetImport> {
    let kept: Awaited<ReturnType<ImportsService['keep']>> | undefined;
    let fileName = '';
    try {
      const fields = await body.upload(LARGEST_FILE, async (file, name) => {
        fileName = name;
        kept = await this.imports.keep(file as AsyncIterable<Buffer>);
      });
      const { kind } = readDtoOrThrow(UploadDto, fields, this.address);
      const made = await this.imports.accept(kept!, { kind, fileName, requestedBy });
      return await this.imports.startPreview(made);
    } catch (error) {
      if (kept) await this.imports.drop(kept.uuid);
      throw error;
    }
  }
}
