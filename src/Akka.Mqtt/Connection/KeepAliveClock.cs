using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Connection;

/// <summary>How long a client may be silent. Owned by the connection actor.</summary>
internal struct KeepAliveClock
{
    private TimeSpan _lastReceived;

    /// <summary>Zero or less means no limit.</summary>
    public static TimeSpan Limit(ConnectionRules rules, MqttConnectionSettings settings) =>
        TimeSpan.FromSeconds(rules.KeepAlive * settings.KeepAliveFactor);

    /// <summary>Packets were received.</summary>
    public void Restart(TimeSpan now) => _lastReceived = now;

    /// <summary>The rest of a time limit. Time in which this side did not read is not counted as the client's silence.</summary>
    public TimeSpan Left(TimeSpan limit, bool isPaused, TimeSpan now)
    {
        if (isPaused)
            _lastReceived = now;
        return limit - (now - _lastReceived);
    }
}
