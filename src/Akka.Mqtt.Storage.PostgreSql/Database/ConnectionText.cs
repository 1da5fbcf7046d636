using Npgsql;

namespace Akka.Mqtt.Storage.PostgreSql.Database;

/// <summary>Parses the connection setting of a user: a connection string of Npgsql, or a URI.</summary>
internal static class ConnectionText
{
    /// <summary>Parses it, and adds the settings that the engine needs.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="ArgumentException">It is neither; the message contains no password.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string text)
    {
        NpgsqlConnectionStringBuilder settings;
        try
        {
            settings = text.StartsWith("postgres://", StringComparison.Ordinal) || text.StartsWith("postgresql://", StringComparison.Ordinal)
                ? FromUri(new Uri(text))
                : new NpgsqlConnectionStringBuilder(text);
        }
        catch (Exception error) when (error is ArgumentException or FormatException or KeyNotFoundException)
        {
            throw new ArgumentException($"the connection is neither a connection string of Npgsql nor a postgres:// URI: {error.Message}", nameof(text), error);
        }
        settings.SearchPath = PostgreSqlSchema.Name;
        settings.ApplicationName ??= "akka-mqtt";
        settings.MaxAutoPrepare = Math.Max(settings.MaxAutoPrepare, 50);
        settings.AutoPrepareMinUsages = 2;
        return settings;
    }

    private static NpgsqlConnectionStringBuilder FromUri(Uri uri)
    {
        var settings = new NpgsqlConnectionStringBuilder { Host = uri.Host };
        if (uri.Port > 0)
            settings.Port = uri.Port;
        var user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0)
            settings.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1)
            settings.Password = Uri.UnescapeDataString(user[1]);
        if (uri.AbsolutePath.Length > 1)
            settings.Database = Uri.UnescapeDataString(uri.AbsolutePath[1..]);
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (key, value) = pair.Split('=', 2) is [var name, var text] ? (name, Uri.UnescapeDataString(text)) : (pair, "");
            // The names of libpq that differ from those of Npgsql.
            settings[key switch { "sslmode" => "SSL Mode", "host" => "Host", "user" => "Username", "connect_timeout" => "Timeout", "application_name" => "Application Name", _ => key }] =
                key == "sslmode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }
        return settings;
    }
}
