using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server;

/// <summary>
/// Where a server keeps what must outlive its process: durable sessions and retained messages. The package <c>Akka.Mqtt.Storage</c> has SQLite, a file
/// in a directory; <c>Akka.Mqtt.Storage.PostgreSql</c> has PostgreSQL. One server uses it at a time.
/// </summary>
public abstract class MqttServerStorage
{
    internal MqttServerStorage()
    {
    }

    /// <summary>Opens it, and makes its tables when there are none.</summary>
    /// <param name="options">What the server gives it.</param>
    /// <param name="cancel">The caller waits no longer.</param>
    /// <returns>The engine, which its user disposes of.</returns>
    /// <exception cref="MqttStorageException">It cannot be opened; the message is one line that says why and what to do.</exception>
    internal abstract ValueTask<IStorageEngine> OpenAsync(StorageOptions options, CancellationToken cancel = default);
}
