//! Who may use an account, and who watches it: roles, diagnostic settings, alerts, policies and deployments.

use super::id::ArmId;

/// A role assignment.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RoleAssignment {
    /// The ID of the assignment.
    pub id: Option<ArmId>,
    /// The scope that the role applies to.
    pub scope: Option<ArmId>,
    /// The GUID of the role, in lower case.
    pub role: String,
    /// The name of the role, which `az` prints and the REST response does not have.
    pub role_name: Option<String>,
    /// The type of the principal, for example `User`.
    pub principal_type: Option<String>,
}

/// A diagnostic setting of an account.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct DiagnosticSetting {
    /// The ID of the setting, which is below that of the account.
    pub id: Option<ArmId>,
    /// The account, from the envelope of the document.
    pub of: Option<ArmId>,
    /// The name of the setting.
    pub name: Option<String>,
    /// Whether it sends to a workspace, a storage account, an event hub or a partner.
    pub has_destination: bool,
    /// The categories of logs that are on.
    pub categories: Vec<String>,
    /// The groups of categories that are on.
    pub category_groups: Vec<String>,
}

/// A metric alert.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct MetricAlert {
    /// The ID of the alert.
    pub id: Option<ArmId>,
    /// Whether it is on.
    pub is_enabled: bool,
    /// The resources, groups and subscriptions that it watches.
    pub scopes: Vec<ArmId>,
}

/// An activity-log alert.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ActivityLogAlert {
    /// The ID of the alert.
    pub id: Option<ArmId>,
    /// Whether it is on.
    pub is_enabled: bool,
    /// The resources, groups and subscriptions that it watches.
    pub scopes: Vec<ArmId>,
    /// The conditions, which must all hold.
    pub conditions: Vec<AlertCondition>,
}

/// A condition of an activity-log alert: one of some values in a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AlertCondition {
    /// The field, for example `operationName`.
    pub field: String,
    /// The values, one of which must occur.
    pub values: Vec<String>,
}

/// The state of a policy assignment at an account.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PolicyState {
    /// The account, from the state itself or the envelope of the document.
    pub of: Option<ArmId>,
    /// `complianceState`, as the document has it.
    pub compliance: String,
    /// The name of the policy assignment.
    pub assignment: Option<ArmId>,
    /// The GUID or name of the policy definition.
    pub definition: Option<ArmId>,
}

/// A model deployment of an account.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Deployment {
    /// The ID of the deployment, which is below that of the account.
    pub id: Option<ArmId>,
    /// The name of the deployment.
    pub name: Option<String>,
    /// The name of the model.
    pub model: Option<String>,
    /// The version of the model.
    pub version: Option<String>,
    /// `provisioningState`.
    pub state: Option<String>,
}
