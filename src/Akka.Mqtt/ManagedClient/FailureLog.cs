using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>
/// Logs failed attempts and lost connections. The first failure of a kind gets a line. While the same failure repeats, a line follows once in
/// <see cref="RepeatAfter"/> and counts the failures since the last line. A connection that lasted <see cref="ForgetAfter"/> makes each kind the first again.
/// </summary>
/// <param name="client">The client actor.</param>
internal sealed class FailureLog(IActorContext client)
{
    public static readonly TimeSpan RepeatAfter = TimeSpan.FromHours(1);
    public static readonly TimeSpan ForgetAfter = TimeSpan.FromMinutes(10);

    private const int MostKinds = 32; // a server that names other servers could make up any number of them

    private Dictionary<Kind, Entry>? _kinds; // created by the first failure, because most clients have none
    private ILoggingAdapter? _log; // the same
    private TimeSpan? _connectedAt;
    private bool _awaitsConnected;

    private ILoggingAdapter Log => _log ??= client.GetLogger();

    /// <summary>The server accepted the client.</summary>
    public void Connected(string clientId, Uri server, TimeSpan now)
    {
        _connectedAt = now;
        if (!_awaitsConnected)
            return;
        _awaitsConnected = false;
        Log.Info("MQTT client {0}, server {1}: connected.", Name(clientId), server);
    }

    /// <summary>An attempt has failed, or a connection has ended, and another attempt follows.</summary>
    public void Failed(string clientId, Uri server, MqttClient.Cause cause, TimeSpan wait, TimeSpan now)
    {
        if (_connectedAt is { } since && now - since >= ForgetAfter)
            _kinds = null;
        _connectedAt = null;
        _kinds ??= [];
        var isRedirect = cause.ReasonCode is ReasonCode.UseAnotherServer or ReasonCode.ServerMoved; // servers that name each other are one failure
        var kind = new Kind(isRedirect ? null : server, cause.Kind, cause.ReasonCode);
        if (_kinds.Count >= MostKinds && !_kinds.ContainsKey(kind))
            kind = kind with { Server = null };
        var known = _kinds.TryGetValue(kind, out var entry);
        if (known && now - entry.LoggedAt < RepeatAfter)
        {
            _kinds[kind] = entry with { Since = entry.Since + 1 };
            Log.Debug("MQTT client {0}, server {1}: {2} Next attempt in {3:0.0} s.", Name(clientId), server, cause.Message, wait.TotalSeconds);
            return;
        }
        _kinds[kind] = new Entry(now, 0);
        _awaitsConnected = true;
        if (known)
        {
            Log.Warning(
                "MQTT client {0}, server {1}: {2} The same happened {3} times since the last line. Next attempt in {4:0.0} s.",
                Name(clientId), server, cause.Message, entry.Since, wait.TotalSeconds);
        }
        else
        {
            Log.Warning(
                "MQTT client {0}, server {1}: {2} Next attempt in {3:0.0} s. If the same happens again, that is logged once an hour.",
                Name(clientId), server, cause.Message, wait.TotalSeconds);
        }
    }

    /// <summary>No further attempt follows.</summary>
    public void GaveUp(string clientId, MqttClient.Cause cause) => Log.Error("MQTT client {0} gives up: {1}", Name(clientId), cause.Message);

    /// <summary>The queue that survives the process cannot be written.</summary>
    public void QueueFailed(string clientId, MqttClient.Cause cause) =>
        Log.Error("MQTT client {0} cannot write its queue, and tries again: {1}", Name(clientId), cause.Message);

    private static string Name(string clientId) => clientId.Length == 0 ? "without identifier" : LogText.Escape(clientId);

    private readonly record struct Kind(Uri? Server, MqttClientCause Cause, ReasonCode? ReasonCode);

    private readonly record struct Entry(TimeSpan LoggedAt, int Since);
}
