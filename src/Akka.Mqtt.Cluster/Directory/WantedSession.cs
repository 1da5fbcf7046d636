using Akka.Cluster;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>A session that clients of this node wait for.</summary>
internal sealed class WantedSession(SessionKey key, string? user, bool discards, long deadline)
{
    public SessionKey Key { get; } = key;

    public string? User { get; } = user;

    public bool Discards { get; } = discards;

    public long Deadline { get; set; } = deadline;

    /// <summary>Whether its clients were refused. The move continues, because some node must have the session in the end.</summary>
    public bool IsRefused { get; set; }

    /// <summary>The number of its claim.</summary>
    public long Request { get; set; }

    /// <summary>Grants with lower epochs are void.</summary>
    public long LeastEpoch { get; set; }

    public long Epoch { get; set; }

    /// <summary>Whether the registrar waits for the result of the move.</summary>
    public bool HadOwner { get; set; }

    /// <summary>The node from which it is fetched; null while it is claimed.</summary>
    public UniqueAddress? From { get; set; }

    public ReadOnlyMemory<byte>?[]? Parts { get; set; }

    /// <summary>The whole session; the other node must then delete it.</summary>
    public byte[]? Content { get; set; }

    /// <summary>The grant is void: claims the session again.</summary>
    /// <param name="request">The number of the new claim.</param>
    public void Restart(long request) => (From, Parts, Content, HadOwner, Request) = (null, null, null, false, request);

    /// <summary>Joins all parts after they have arrived.</summary>
    public void Join()
    {
        var content = new byte[Parts!.Sum(static each => each!.Value.Length)];
        var at = 0;
        foreach (var part in Parts!)
        {
            part!.Value.CopyTo(content.AsMemory(at));
            at += part.Value.Length;
        }
        (Content, Parts) = (content, null);
    }
}
