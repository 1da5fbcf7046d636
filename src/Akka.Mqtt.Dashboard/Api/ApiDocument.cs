using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using Akka.Mqtt.Dashboard.Answers;
using Akka.Mqtt.Dashboard.Live;

namespace Akka.Mqtt.Dashboard.Api;

/// <summary>The OpenAPI 3.1 description, generated from the operations.</summary>
internal static class ApiDocument
{
    /// <summary>Writes the description.</summary>
    /// <param name="path">The path of the dashboard.</param>
    public static string Write(string path)
    {
        var paths = new JsonObject();
        foreach (var operation in Operations.All)
            paths[$"/{operation.Path}"] = new JsonObject { [operation.Method.ToLowerInvariant()] = Describe(operation) };
        paths[$"/{Operations.Live}"] = new JsonObject { ["get"] = DescribeLive() };
        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = "Akka.Mqtt dashboard", ["version"] = "1" },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = path.TrimEnd('/') is { Length: > 0 } url ? url : "/" }),
            ["security"] = new JsonArray(new JsonObject { ["token"] = new JsonArray() }),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["securitySchemes"] = new JsonObject { ["token"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" } },
            },
        }.ToJsonString();
    }

    private static JsonObject Describe(Operation operation)
    {
        var described = new JsonObject
        {
            ["summary"] = operation.Summary,
            ["description"] = $"Needs the role {operation.Role}.",
            ["operationId"] = operation.Path[Operations.Root.Length..].Replace('/', '-'),
            ["responses"] = new JsonObject
            {
                ["200"] = new JsonObject { ["description"] = "Done.", ["content"] = Content(operation.Answer) },
                ["default"] = new JsonObject { ["description"] = "The request failed.", ["content"] = Content(typeof(Failure)) },
            },
        };
        if (operation.Parameters.Count > 0)
            described["parameters"] = new JsonArray([.. operation.Parameters.Select(Describe)]);
        if (operation.Body is { } body)
            described["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Content(body) };
        return described;
    }

    private static JsonNode Describe(Operation.Parameter parameter) => new JsonObject
    {
        ["name"] = parameter.Name,
        ["in"] = "query",
        ["required"] = parameter.IsRequired,
        ["description"] = parameter.Description,
        ["schema"] = new JsonObject { ["type"] = parameter.Type },
    };

    private static JsonObject DescribeLive() => new()
    {
        ["summary"] = "Live figures once a second, as server-sent events; the data of each event is JSON.",
        ["description"] = "Needs the role Read.",
        ["operationId"] = "live",
        ["responses"] = new JsonObject
        {
            ["200"] = new JsonObject
            {
                ["description"] = "The stream. The schema is that of the data of an event.",
                ["content"] = new JsonObject { ["text/event-stream"] = new JsonObject { ["schema"] = SchemaOf(typeof(LiveSample)) } },
            },
        },
    };

    private static JsonObject Content(Type type) => new() { ["application/json"] = new JsonObject { ["schema"] = SchemaOf(type) } };

    private static JsonNode SchemaOf(Type type) => DashboardJson.Options.GetJsonSchemaAsNode(type, new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true });
}
