using Akka.Configuration;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt.Server;

/// <summary>
/// How much of <c>akka.mqtt.server.memory.limit</c> the server may use for clients, by kind. Each value is a share from 0.001 to 1. All of
/// them together may be at most 0.9, because the process needs memory of its own. The reference configuration explains under
/// <c>memory.shares</c> what happens when a share is used up.
/// </summary>
public sealed record MqttServerMemory
{
    internal MqttServerMemory(Config config)
    {
        PreAuthentication = Read("pre-authentication");
        Connections = Read("connections");
        Sessions = Read("sessions");
        Subscriptions = Read("subscriptions");
        Queued = Read("queued");
        InFlight = Read("in-flight");
        Unwritten = Read("unwritten");
        Retained = Read("retained");

        double Read(string key) => config.Number($"memory.shares.{key}");
    }

    /// <summary>Data of connections before their client is accepted. Default: 0.05.</summary>
    public double PreAuthentication { get; init => field = Checked(value, "pre-authentication"); }

    /// <summary>Connections of accepted clients. Default: 0.14.</summary>
    public double Connections { get; init => field = Checked(value, "connections"); }

    /// <summary>Sessions, without messages and subscriptions. Default: 0.08.</summary>
    public double Sessions { get; init => field = Checked(value, "sessions"); }

    /// <summary>Subscriptions. Default: 0.06.</summary>
    public double Subscriptions { get; init => field = Checked(value, "subscriptions"); }

    /// <summary>Messages in the queues of sessions. Default: 0.12.</summary>
    public double Queued { get; init => field = Checked(value, "queued"); }

    /// <summary>Messages that were sent and are not acknowledged. Default: 0.06.</summary>
    public double InFlight { get; init => field = Checked(value, "in-flight"); }

    /// <summary>Bytes that connections have not written yet. Default: 0.06.</summary>
    public double Unwritten { get; init => field = Checked(value, "unwritten"); }

    /// <summary>Retained messages. Default: 0.08.</summary>
    public double Retained { get; init => field = Checked(value, "retained"); }

    /// <summary>Checks the rule about all values together.</summary>
    internal void Validate()
    {
        var sum = PreAuthentication + Connections + Sessions + Subscriptions + Queued + InFlight + Unwritten + Retained;
        if (sum > 0.9 + 1e-9)
        {
            throw new ConfigurationException(string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"memory.shares add up to {sum:0.###}: at most 0.9 of memory.limit may be given to clients. Lower some of them."));
        }
    }

    private static double Checked(double share, string key) => SettingRange.Number(share, 0.001, 1, $"memory.shares.{key}");
}
