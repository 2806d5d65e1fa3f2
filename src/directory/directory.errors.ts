import { AppError } from '../common/app.error.js';
import { ObjectNotFoundError } from '../common/http-errors.js';

export class UserNotFoundError extends ObjectNotFoundError {
  override readonly code = 'user_not_found';
  constructor() {
    super('User');
  }
}

export class CustomerNotFoundError extends ObjectNotFoundError {
  override readonly code = 'customer_not_found';
  constructor() {
    super('Customer');
  }
}

export class ProjectNotFoundError extends ObjectNotFoundError {
  override readonly code = 'project_not_found';
  constructor() {
    super('Project');
  }
}

export class OfferingNotFoundError extends ObjectNotFoundError {
  override readonly code = 'offering_not_found';
  constructor() {
    super('Offering');
  }
}

export class PlanNotFoundError extends ObjectNotFoundError {
  override readonly code = 'plan_not_found';
  constructor() {
    super('Plan');
  }
}

export class ResourceNotFoundError extends ObjectNotFoundError {
  override readonly code = 'resource_not_found';
  constructor() {
    super('Resource');
  }
}

export class OrderNotFoundError extends ObjectNotFoundError {
  override readonly code = 'order_not_found';
  constructor() {
    super('Order');
  }
}

/** A user of that name exists. */
export class UsernameTakenError extends AppError {
  readonly kind = 'fields';
  readonly code = 'username_taken';
  override readonly fields = { username: ['A user with that username already exists.'] };
}

/** The plan is another offering's. */
export class PlanOfAnotherOfferingError extends AppError {
  readonly kind = 'fields';
  readonly code = 'plan_of_another_offering';
  override readonly fields = { plan: ['Plan must belong to the selected offering.'] };
}
