using Akka.Mqtt.Protocol;
using Akka.Mqtt.Transport;

namespace Akka.Mqtt.ManagedClient;

/// <summary>Chooses the next server: each failed attempt moves to the next one, and a server may name another one.</summary>
internal sealed class ServerList
{
    private const int MostRedirects = 5; // in a row: more are a loop

    private readonly MqttList<Uri> _servers;
    private int _at;
    private int _redirects;
    private Uri? _redirect;

    /// <summary>Makes a list.</summary>
    /// <param name="servers">At least one.</param>
    public ServerList(MqttList<Uri> servers) => _servers = servers;

    /// <summary>The server of the current or next attempt.</summary>
    public Uri Current => _redirect ?? _servers[_at];

    /// <summary>The server accepted the client.</summary>
    public void Accepted() => _redirects = 0;

    /// <summary>An attempt has failed, or a connection has ended.</summary>
    /// <param name="reference">The Server Reference, if the server named another one.</param>
    /// <param name="wasAccepted">Whether the server had accepted the client.</param>
    public void Ended(string? reference, bool wasAccepted)
    {
        if (reference is not null && _redirects < MostRedirects && TryParse(reference, Current) is { } other)
        {
            _redirects++;
            _redirect = other;
            return;
        }
        if (_redirect is not null && !wasAccepted)
            _redirect = null; // back to the servers of the settings
        else if (!wasAccepted)
            _at = (_at + 1) % _servers.Count;
    }

    /// <summary>The first server of a reference such as <c>host:port</c>; null if it cannot be used. It may not be less secure than the one that named it.</summary>
    private static Uri? TryParse(string reference, Uri from)
    {
        var first = reference.Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        if (first is null || !Uri.TryCreate(first.Contains("://", StringComparison.Ordinal) ? first : $"{from.Scheme}://{first}", UriKind.Absolute, out var uri))
            return null;
        try
        {
            var secure = MqttUri.Parse(uri).Secure;
            return secure || !MqttUri.Parse(from).Secure ? uri : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
