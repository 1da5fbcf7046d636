using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Connection;

/// <summary>Measures how long a client has been silent. Owned by the connection actor.</summary>
internal struct KeepAliveClock
{
    private TimeSpan _lastReceived;

    /// <summary>Zero or less means no limit.</summary>
    public static TimeSpan Limit(ConnectionRules rules, MqttConnectionSettings settings) =>
        TimeSpan.FromSeconds(rules.KeepAlive * settings.KeepAliveFactor);

    /// <summary>Starts again, because packets were received.</summary>
    public void Restart(TimeSpan now) => _lastReceived = now;

    /// <summary>The rest of a time limit. Time in which this side did not read does not count as silence of the client.</summary>
    public TimeSpan Left(TimeSpan limit, bool isPaused, TimeSpan now)
    {
        if (isPaused)
            _lastReceived = now;
        return limit - (now - _lastReceived);
    }
}
