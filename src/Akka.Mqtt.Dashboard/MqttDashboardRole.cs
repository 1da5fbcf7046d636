namespace Akka.Mqtt.Dashboard;

/// <summary>What the holder of a token may do.</summary>
public enum MqttDashboardRole
{
    /// <summary>Read everything, with the payloads of retained messages, and change nothing.</summary>
    Read = 0,

    /// <summary>Do everything: disconnect and ban clients, publish, clear retained messages, reload security.</summary>
    Admin = 1,
}
