using System.Runtime.CompilerServices;
using Akka.Mqtt.Server;
using Akka.Mqtt.Storage;
using Akka.Mqtt.Storage.PostgreSql;

namespace Akka.Mqtt.Cli.Commands;

/// <summary>The storage of <c>akka-mqtt serve</c>. Its assemblies are loaded only when it is used: each is named in a method of its own.</summary>
internal static class ServeStorage
{
    /// <summary>The storage that the options ask for.</summary>
    /// <param name="options">The options.</param>
    /// <returns>The storage; null to keep everything in memory.</returns>
    /// <exception cref="CommandFailure">The options contradict each other.</exception>
    public static MqttServerStorage? Of(ServeOptions options)
    {
        if (options is { Data: not null, Database: not null })
            throw new CommandFailure("--data and --database exclude each other: give one of them.");
        if (options is { Durability: "durable", Data: null, Database: null })
            throw new CommandFailure("--durability durable needs --data or --database.");
        if (options.Durability == "memory")
            return null;
        return options.Data is { } data ? Sqlite(data)
            : options.Database is { } database ? PostgreSql(database)
            : null;
    }

#pragma warning disable CA1859 // The type of a result is loaded with the method that calls: name none of a storage.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static MqttServerStorage Sqlite(string directory) => new SqliteStorage(directory);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static MqttServerStorage PostgreSql(string connection)
    {
        try
        {
            return new PostgreSqlStorage(connection);
        }
        catch (ArgumentException error)
        {
            throw new CommandFailure($"--database: {error.Message}");
        }
    }
}
