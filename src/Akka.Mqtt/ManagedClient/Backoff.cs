using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>Decides whether another attempt follows, and when: exponential backoff with full jitter, longer when the server asks for it.</summary>
internal sealed class Backoff
{
    /// <summary>Numbers from 0 to below 1; one delegate for all clients.</summary>
    public static readonly Func<double> Random = System.Random.Shared.NextDouble;

    private readonly MqttClientSettings _settings;
    private readonly Func<double> _random;
    private TimeSpan? _connectedAt;

    /// <summary>Makes one.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="random">Gives numbers from 0 to below 1.</param>
    public Backoff(MqttClientSettings settings, Func<double> random)
    {
        _settings = settings;
        _random = random;
    }

    /// <summary>The number of the current attempt: 1 for the first since the last stable connection.</summary>
    public int Attempt { get; private set; }

    /// <summary>An attempt begins.</summary>
    public void Begin() => Attempt++;

    /// <summary>The server accepted the client.</summary>
    /// <param name="now">A monotonic clock.</param>
    public void Connected(TimeSpan now) => _connectedAt = now;

    /// <summary>An attempt or connection has ended.</summary>
    /// <param name="cause">Why.</param>
    /// <param name="now">The same clock.</param>
    /// <returns>How long to wait; null to give up.</returns>
    public TimeSpan? Ended(MqttClient.Cause cause, TimeSpan now)
    {
        if (_connectedAt is { } since && now - since >= _settings.StableAfter)
            Attempt = 0;
        _connectedAt = null;
        if (IsFinal(cause) || (_settings.MaxAttempts > 0 && Attempt >= _settings.MaxAttempts))
            return null;
        var doublings = Math.Min(Math.Max(Attempt - 1, 0), 30);
        var bound = Math.Min(_settings.LongestWait.TotalMilliseconds, _settings.FirstWait.TotalMilliseconds * (1L << doublings));
        return Least(cause) + TimeSpan.FromMilliseconds(bound * _random());
    }

    /// <summary>Whether another attempt with the same settings would fail too, or make the problem worse.</summary>
    private static bool IsFinal(MqttClient.Cause cause) => cause.ReasonCode is ReasonCode.UnsupportedProtocolVersion
        or ReasonCode.ClientIdentifierNotValid or ReasonCode.BadAuthenticationMethod
        or ReasonCode.SessionTakenOver; // another client uses the same identifier; the two would disconnect each other for ever

    private TimeSpan Least(MqttClient.Cause cause) => cause.ReasonCode switch
    {
        ReasonCode.ServerBusy or ReasonCode.ServerUnavailable or ReasonCode.QuotaExceeded or ReasonCode.ConnectionRateExceeded
            or ReasonCode.MessageRateTooHigh => _settings.BusyWait,
        ReasonCode.BadUserNameOrPassword or ReasonCode.NotAuthorized or ReasonCode.Banned => _settings.RejectedWait,
        _ => TimeSpan.Zero,
    };
}
