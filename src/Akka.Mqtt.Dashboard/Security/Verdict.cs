namespace Akka.Mqtt.Dashboard.Security;

/// <summary>Whether a request is allowed.</summary>
/// <param name="Status">The status of HTTP: 200, or why it is refused.</param>
/// <param name="Reason">The reason of a refusal as a text for people; empty when it is allowed.</param>
/// <param name="User">The user; null when it is refused.</param>
internal readonly record struct Verdict(int Status, string Reason, DashboardUser? User);
