import { readFileSync } from 'node:fs';
import { Get, Head, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AnyUser, Public } from './auth/access.js';
import { ApiController } from './auth/api-controller.js';
import { ApiListed } from './common/api-answers.js';
import { Shown } from './common/answer.js';
import { commandOf } from './common/command.js';
import { hyperlink } from './common/links.js';
import { Count, Page, PagedQuery, pageOf } from './common/page.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

class VersionResponse {
  @Shown({ example: '0.1.0' }) version: string;
}

class RoleResponse {
  @Shown('uuid') uuid: string;
  @Shown() name: string;
}

/** What Waldur's web application and clients ask for before anything else. The application starts without a token. */
@ApiTags('Start')
@ApiController('api')
export class WaldurStartController {
  @Get('configuration')
  @Public()
  @ApiOperation({ operationId: 'configuration_retrieve', summary: "What Waldur's web application needs to start" })
  @ApiOkResponse({ schema: { type: 'object', additionalProperties: true } })
  configuration(): Record<string, unknown> {
    return configuration(hyperlink({ path: '' }));
  }

  @Head('roles')
  @Public()
  @ApiOperation({ operationId: 'roles_count', summary: 'Count roles: none' })
  countRoles(@Query() query: PagedQuery): Count {
    const { page, pageSize } = pageOf(commandOf(query), 0);
    return new Count(0, page, pageSize);
  }

  @Get('roles')
  @Public()
  @ApiOperation({ operationId: 'roles_list', summary: 'List roles: there are none, users are staff or not' })
  @ApiListed(RoleResponse)
  roles(@Query() query: PagedQuery): Page<RoleResponse> {
    const { page, pageSize } = pageOf(commandOf(query), 0);
    return new Page<RoleResponse>([], 0, page, pageSize);
  }

  @Get('version')
  @AnyUser()
  @ApiOperation({ operationId: 'version_retrieve', summary: 'The version of this service' })
  @ApiOkResponse({ type: VersionResponse })
  version(): VersionResponse {
    return { version };
  }
}

const NAME = 'Waldur for ArrowSphere';

/** Nothing in it is secret, and all that Waldur has and this service does not is off. `url`: where the service is. */
const configuration = (url: string) => ({
  LANGUAGE_CODE: 'en',
  LANGUAGES: [['en', 'English']],
  FEATURES: {},
  WALDUR_CORE: {
    AUTHENTICATION_METHODS: ['LOCAL_SIGNIN'],
    BRAND_COLOR: '',
    BRAND_LABEL_COLOR: '',
    COMMON_FOOTER_TEXT: '',
    CURRENCY_NAME: 'EUR',
    DEFAULT_IDP: null,
    DISABLE_DARK_THEME: false,
    DOCS_URL: '',
    EXTERNAL_LINKS: [],
    FULL_PAGE_TITLE: NAME,
    HERO_LINK_LABEL: '',
    HERO_LINK_URL: '',
    HOMEPORT_SENTRY_DSN: '',
    HOMEPORT_SENTRY_ENVIRONMENT: '',
    HOMEPORT_SENTRY_TRACES_SAMPLE_RATE: 0,
    INVITATIONS_ENABLED: false,
    INVITATION_USE_WEBHOOKS: false,
    LANGUAGE_CHOICES: ['en'],
    MASTERMIND_URL: url,
    MATOMO_SITE_ID: null,
    MATOMO_URL_BASE: '',
    NATIVE_NAME_ENABLED: true,
    ONLY_STAFF_MANAGES_SERVICES: true,
    ORGANIZATION_SUBNETS_VISIBLE: false,
    OECD_FOS_2007_CODE_MANDATORY: false,
    POWERED_BY_LOGO: '',
    PROTECT_USER_DETAILS_FOR_REGISTRATION_METHODS: [],
    SHORT_PAGE_TITLE: NAME,
    SIDEBAR_LOGO: '',
    SIDEBAR_LOGO_DARK: '',
    SIDEBAR_LOGO_MOBILE: '',
    SIDEBAR_STYLE: 'dark',
    SITE_DESCRIPTION: NAME,
    SITE_EMAIL: '',
    SITE_NAME: NAME,
    SITE_PHONE: '',
    TRANSLATION_DOMAIN: '',
    USER_MANDATORY_FIELDS: [],
    USER_REGISTRATION_HIDDEN_FIELDS: [],
    USER_TABLE_COLUMNS: '',
  },
  WALDUR_AUTH_SAML2: {},
  WALDUR_AUTH_SOCIAL: {},
  WALDUR_AUTH_VALIMO: {},
  WALDUR_FREEIPA: { ENABLED: false },
  WALDUR_MARKETPLACE: { ANONYMOUS_USER_CAN_VIEW_OFFERINGS: false, ENABLE_RESOURCE_END_DATE: false },
  WALDUR_MARKETPLACE_OPENSTACK: {},
  WALDUR_OPENSTACK: {},
  WALDUR_RANCHER: {},
  WALDUR_SUPPORT: { ENABLED: false },
  WALDUR_VMWARE: {},
});
