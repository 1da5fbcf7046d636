using Akka.Actor;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Dashboard;

/// <summary>
/// An action of a user of the dashboard. It is published on the event stream of the actor system, and logged with the category <c>Akka.Mqtt.Dashboard.Audit</c>.
/// </summary>
/// <param name="Admin">The <see cref="MqttServer.Admin"/> of the server.</param>
/// <param name="User">The name of the token; <c>local</c> where there are no tokens.</param>
/// <param name="Address">Where the request came from.</param>
/// <param name="Action">The action, such as <c>POST api/v1/clients/disconnect</c>.</param>
/// <param name="Subject">Its client or topic; empty for none.</param>
/// <param name="Outcome">The result: <c>done</c>, or the reason of a failure.</param>
public sealed record MqttDashboardAction(IActorRef Admin, string User, string Address, string Action, string Subject, string Outcome)
    : MqttServerEvent(Admin);
