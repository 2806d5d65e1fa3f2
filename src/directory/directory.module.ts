import { AuditEvent } from '../audit/audit-event.entity.js';
import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database/database.module.js';
import { WaldurGatewayModule } from '../waldur-gateway/waldur-gateway.module.js';
import { Authenticator } from '../auth/caller.js';
import { Customer } from './customer.entity.js';
import { CustomersRepository } from './customers.repository.js';
import { CustomersService } from './customers.service.js';
import { MirroredRowsRepository } from './mirror/mirrored-rows.repository.js';
import { MirroredRowsService } from './mirror/mirrored-rows.service.js';
import { WaldurOwnership } from './mirror/waldur-ownership.js';
import { Offering } from './offering.entity.js';
import { OfferingsRepository } from './offerings.repository.js';
import { OfferingsService } from './offerings.service.js';
import { Order } from './order.entity.js';
import { OrdersRepository } from './orders.repository.js';
import { OrdersService } from './orders.service.js';
import { Plan } from './plan.entity.js';
import { PlansRepository } from './plans.repository.js';
import { PlansService } from './plans.service.js';
import { Project } from './project.entity.js';
import { ProjectsRepository } from './projects.repository.js';
import { ProjectsService } from './projects.service.js';
import { Resource } from './resource.entity.js';
import { ResourcesRepository } from './resources.repository.js';
import { ResourcesService } from './resources.service.js';
import { User } from './users/user.entity.js';
import { AuthToken } from './users/auth-token.entity.js';
import { LoginService } from './users/login.service.js';
import { PersonalAccessTokensRepository } from './users/personal-access-tokens.repository.js';
import { PersonalAccessTokensService } from './users/personal-access-tokens.service.js';
import { NamesOfPeople } from './users/names-of-people.js';
import { PersonErasureRepository } from './users/person-erasure.repository.js';
import { PersonErasureService } from './users/person-erasure.service.js';
import { RetiredToken } from './users/retired-token.entity.js';
import { TokensRepository } from './users/tokens.repository.js';
import { TokensService } from './users/tokens.service.js';
import { WaldurTokensService } from './users/waldur-tokens.service.js';
import { UsersRepository } from './users/users.repository.js';
import { UsersService } from './users/users.service.js';

const services = [
  MirroredRowsService,
  UsersService,
  TokensService,
  PersonalAccessTokensService,
  LoginService,
  NamesOfPeople,
  PersonErasureService,
  CustomersService,
  ProjectsService,
  OfferingsService,
  PlansService,
  ResourcesService,
  OrdersService,
];

const repositories = [
  MirroredRowsRepository,
  CustomersRepository,
  ProjectsRepository,
  OfferingsRepository,
  PlansRepository,
  ResourcesRepository,
  OrdersRepository,
  TokensRepository,
  UsersRepository,
  PersonalAccessTokensRepository,
  PersonErasureRepository,
];

/**
 * Waldur's side: users, organisations, projects, offerings, plans, resources and orders. Everything above reads and
 * writes them through the services exported here; no other module may assume who wrote a row.
 */
@Module({
  imports: [
    WaldurGatewayModule,
    DatabaseModule.forFeature([User, AuthToken, RetiredToken, Customer, Project, Offering, Plan, Resource, Order]),
  ],
  providers: [
    WaldurOwnership,
    WaldurTokensService,
    ...services,
    ...repositories,
    { provide: Authenticator, useExisting: TokensService },
  ],
  exports: [...services, Authenticator, WaldurOwnership],
})
export class DirectoryModule {
  constructor(people: NamesOfPeople) {
    people.standIn(AuditEvent, 'actor', 'impersonator');
  }
}
