using System.Text;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Stores;

/// <summary>A <see cref="SessionKey"/> whose texts are UTF-8 in memory of a storage engine.</summary>
/// <param name="clientId">The client identifier.</param>
internal readonly ref struct StoredKey(ReadOnlySpan<byte> clientId)
{
    /// <summary>The mount point; empty for none.</summary>
    public ReadOnlySpan<byte> MountPoint { get; init; }

    /// <summary>The user name, when <see cref="HasUser"/>.</summary>
    public ReadOnlySpan<byte> User { get; init; }

    /// <summary>Whether sessions are separated by user.</summary>
    public bool HasUser { get; init; }

    /// <summary>The client identifier.</summary>
    public ReadOnlySpan<byte> ClientId { get; } = clientId;

    /// <summary>The key.</summary>
    public SessionKey ToKey() =>
        new(Encoding.UTF8.GetString(MountPoint), HasUser ? Encoding.UTF8.GetString(User) : null, Encoding.UTF8.GetString(ClientId));
}
