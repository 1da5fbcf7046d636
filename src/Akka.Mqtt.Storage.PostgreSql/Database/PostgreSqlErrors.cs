using System.Net.Sockets;
using Akka.Mqtt.Storage.Writing;
using Npgsql;

namespace Akka.Mqtt.Storage.PostgreSql.Database;

/// <summary>The cause of an error of PostgreSQL, and what to do about it, in one line.</summary>
internal static class PostgreSqlErrors
{
    public static string Explain(Exception error) => error switch
    {
        LeaseLostException => error.Message,
        PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } => "the database is read-only: connect to the primary.",
        PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn } lost =>
            $"a table has been lost ({lost.MessageText}): restore it from a backup.",
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } => "the disk of the database is full: make room.",
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } refused =>
            $"the database refuses the user ({refused.MessageText}): check user and password.",
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } missing => $"{missing.MessageText}: create it first.",
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } refused => $"the user lacks a right ({refused.MessageText}): grant it.",
        PostgresException other => $"PostgreSQL says {other.MessageText} ({other.SqlState}).",
        TimeoutException or NpgsqlException { InnerException: TimeoutException } => "the database does not answer in time.",
        NpgsqlException { InnerException: SocketException socket } => $"the database cannot be reached ({socket.Message}).",
        _ => error.Message.ReplaceLineEndings(" "),
    };
}
