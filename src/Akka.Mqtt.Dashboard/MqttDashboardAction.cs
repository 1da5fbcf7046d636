using Akka.Actor;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Dashboard;

/// <summary>
/// Somebody has done something by the dashboard. On the event stream of the actor system, and in the log as category <c>Akka.Mqtt.Dashboard.Audit</c>.
/// </summary>
/// <param name="Admin">The <see cref="MqttServer.Admin"/> of the server.</param>
/// <param name="User">The name of the token; <c>local</c> where there are no tokens.</param>
/// <param name="Address">Where the request came from.</param>
/// <param name="Action">What was done, such as <c>POST api/v1/clients/disconnect</c>.</param>
/// <param name="Subject">To which client or topic; empty for none.</param>
/// <param name="Outcome">What came of it: <c>done</c>, or why nothing was.</param>
public sealed record MqttDashboardAction(IActorRef Admin, string User, string Address, string Action, string Subject, string Outcome)
    : MqttServerEvent(Admin);
