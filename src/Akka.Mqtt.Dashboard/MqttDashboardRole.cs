namespace Akka.Mqtt.Dashboard;

/// <summary>What the holder of a token may do.</summary>
public enum MqttDashboardRole
{
    /// <summary>Look at everything, payloads of retained messages included, and change nothing.</summary>
    Read = 0,

    /// <summary>Do everything: disconnect and ban clients, publish, clear retained messages, reload security.</summary>
    Admin = 1,
}
