using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Connection;

/// <summary>How long a client may be silent. Owned by the connection actor.</summary>
internal struct KeepAliveClock
{
    private TimeSpan _lastReceived;

    /// <summary>Zero or less: for ever.</summary>
    public static TimeSpan Limit(ConnectionRules rules, MqttConnectionSettings settings) =>
        TimeSpan.FromSeconds(rules.KeepAlive * settings.KeepAliveFactor);

    /// <summary>Packets have come.</summary>
    public void Restart(TimeSpan now) => _lastReceived = now;

    /// <summary>What is left of a limit. While we do not read, silence is not the client's.</summary>
    public TimeSpan Left(TimeSpan limit, bool isPaused, TimeSpan now)
    {
        if (isPaused)
            _lastReceived = now;
        return limit - (now - _lastReceived);
    }
}
