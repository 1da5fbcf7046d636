namespace Akka.Mqtt.Dashboard.Security;

/// <summary>The user of a request.</summary>
/// <param name="Name">The name of the token.</param>
/// <param name="Role">What the user may do.</param>
internal sealed record DashboardUser(string Name, MqttDashboardRole Role)
{
    /// <summary>A user of this machine, for a dashboard without tokens.</summary>
    public static DashboardUser Local { get; } = new("local", MqttDashboardRole.Admin);
}
