using Akka;
using Akka.Mqtt;
using Akka.Streams;
using Akka.Streams.Dsl;
using Npgsql;
using NpgsqlTypes;

namespace IngestToPostgres;

/// <summary>Writes what clients publish into a table, many messages by one COPY. A message is acknowledged when its row is committed.</summary>
internal static class Ingest
{
    public static async Task CreateTableAsync(NpgsqlDataSource database)
    {
        await using var create = database.CreateCommand("create table if not exists measured (topic text not null, payload bytea not null, at timestamptz not null)");
        await create.ExecuteNonQueryAsync();
    }

    #region doc:server-ingest
    public static Task RunAsync(MqttClient client, NpgsqlDataSource database, IMaterializer materializer) =>
        RestartSource.OnFailuresWithBackoff(
                () => MqttSource.AtLeastOnce(client, "measured/#") // client: await server.ConnectClientAsync("ingest")
                    .GroupedWithin(1_000, TimeSpan.FromMilliseconds(100))
                    .SelectAsync(1, async batch =>
                    {
                        var messages = batch.ToList();
                        await InsertAsync(database, messages);
                        messages.ForEach(message => message.Commit());
                        return NotUsed.Instance;
                    }),
                RestartSettings.Create(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10), 0.2))
            .RunWith(Sink.Ignore<NotUsed>(), materializer);
    #endregion

    private static async Task InsertAsync(NpgsqlDataSource database, List<MqttCommittable> messages)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var copy = await connection.BeginBinaryImportAsync("copy measured (topic, payload, at) from stdin (format binary)");
        foreach (var message in messages)
        {
            await copy.StartRowAsync();
            await copy.WriteAsync(message.Packet.Topic, NpgsqlDbType.Text);
            await copy.WriteAsync(message.Packet.Payload.Memory.ToArray(), NpgsqlDbType.Bytea);
            await copy.WriteAsync(DateTime.UtcNow, NpgsqlDbType.TimestampTz);
        }
        await copy.CompleteAsync();
    }
}
