using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.PostgreSql;

/// <summary>Durable sessions and retained messages in a PostgreSQL database.</summary>
public sealed class PostgreSqlStorage : MqttServerStorage
{
    /// <summary>Names the database; nothing is opened yet.</summary>
    /// <param name="connection">A connection string of Npgsql, or a <c>postgres://</c> URI. One server uses the database at a time.</param>
    public PostgreSqlStorage(string connection)
    {
        ArgumentException.ThrowIfNullOrEmpty(connection);
        Connection = connection;
    }

    /// <summary>The connection string or URI; it may have a password.</summary>
    public string Connection { get; }

    internal override ValueTask<IStorageEngine> OpenAsync(StorageOptions options, CancellationToken cancel = default) =>
        throw new MqttStorageException("PostgreSQL is not built in yet.");
}
