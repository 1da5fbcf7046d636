using System.Text;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.Tests;

/// <summary>Routes of a storage as text.</summary>
internal sealed class RouteList : IRouteLoad
{
    private long _last;

    public List<string> Rows { get; } = [];

    public void AddSession(long session, in StoredKey key, long epoch)
    {
        _last = session;
        Rows.Add($"{session} {key.ToKey()} {epoch}");
    }

    public void AddSubscription(long session, ReadOnlySpan<byte> filter, StoredOptions options, uint identifier)
    {
        Assert.Equal(_last, session);
        Rows.Add($"{session} {Encoding.UTF8.GetString(filter)} {options} {identifier}");
    }
}
